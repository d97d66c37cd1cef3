import type { ReactNode } from "react";
import { cx } from "./cx";

/** A part of a page on its own ground. Never put one inside another. */
export function Card({
  title,
  aside,
  children,
  className,
}: {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cx("min-w-0 rounded-card border border-line bg-surface", className)}>
      {title && (
        <div className="flex min-h-14 items-center justify-between gap-3 px-4 pt-1 md:px-5">
          <h2 className="text-14 font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
