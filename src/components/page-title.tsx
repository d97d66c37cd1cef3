import type { ReactNode } from "react";

/** The head of a page: what it is, one sentence where it helps, one main action. */
export function PageTitle({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex min-h-10 flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 id="page-title" tabIndex={-1} className="text-28 font-semibold">
          {title}
        </h1>
        {children && <p className="mt-1 max-w-prose text-14 text-ink-2">{children}</p>}
      </div>
      {action}
    </div>
  );
}
