import type { ReactNode } from "react";
import { Wordmark } from "@/components/icons/mark";

/** A page that says one thing: what happened, whether anything was lost, and what to do. */
export function Message({
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
    <main className="mx-auto grid min-h-dvh w-full max-w-page grid-rows-[auto_1fr] px-5 py-6 md:px-8">
      <Wordmark />
      <div className="grid content-center justify-items-start gap-2 pb-24">
        <div className="mb-4 text-ink-3">{drawing}</div>
        <h1 className="text-28 font-semibold text-balance">{title}</h1>
        <div className="max-w-prose text-16 text-ink-2">{children}</div>
        {action && <div className="mt-5 flex flex-wrap gap-2">{action}</div>}
      </div>
    </main>
  );
}
