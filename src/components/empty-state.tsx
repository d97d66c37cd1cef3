import type { ReactNode } from "react";

/** Says what will be here and offers the step that fills it. */
export function EmptyState({
  drawing,
  title,
  children,
  action,
}: {
  drawing: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="grid justify-items-center gap-1 px-6 py-12 text-center">
      <div className="mb-3 text-ink-3">{drawing}</div>
      <p className="text-16 font-medium">{title}</p>
      <div className="max-w-[52ch] text-14 text-ink-2">{children}</div>
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}
