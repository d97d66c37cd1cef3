import type { ReactNode } from "react";
import { cx } from "./cx";
import { CheckIcon, InfoIcon, SoonIcon, StoppedIcon } from "./icons/interface";

const LOOKS = {
  info: { className: "bg-accent-soft", icon: <InfoIcon className="text-accent-ink" /> },
  done: { className: "bg-green-soft", icon: <CheckIcon className="text-green" /> },
  soon: { className: "bg-amber-soft", icon: <SoonIcon className="text-amber" /> },
  stopped: { className: "bg-red-soft", icon: <StoppedIcon className="text-red" /> },
} as const;

/**
 * What happened, whether anything was lost, and what to do. Announced when it appears; `quiet` is not, where a part of it, such as
 * how long ago something was, goes on changing and would be read out each time.
 */
export function Notice({
  kind,
  title,
  quiet,
  children,
  action,
}: {
  kind: keyof typeof LOOKS;
  title: string;
  quiet?: boolean;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const look = LOOKS[kind];
  return (
    <div
      role={quiet ? undefined : kind === "stopped" ? "alert" : "status"}
      className={cx("flex flex-wrap items-start gap-x-3 gap-y-2 rounded-card px-4 py-3", look.className)}
    >
      <span className="shrink-0">{look.icon}</span>
      <div className="min-w-0 flex-1 basis-60">
        <p className="text-14 font-medium">{title}</p>
        {children && <div className="max-w-prose text-13 text-ink-2">{children}</div>}
      </div>
      {action}
    </div>
  );
}
