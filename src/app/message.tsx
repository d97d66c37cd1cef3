import type { ReactNode } from "react";
import { Wordmark } from "@/components/icons/mark";

export interface MessageProps {
  drawing: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** One thing to say: what happened, whether anything was lost, and what to do. Stands inside a frame. */
export function Message({ drawing, title, children, action }: MessageProps) {
  return (
    <div className="grid content-center justify-items-start gap-2 pb-24">
      <div className="mb-4 text-ink-3">{drawing}</div>
      <h1 className="text-28 font-semibold text-balance">{title}</h1>
      <div className="max-w-prose text-16 text-ink-2">{children}</div>
      {action && <div className="mt-5 flex flex-wrap gap-2">{action}</div>}
    </div>
  );
}

/** The same as a page of its own. */
export function MessagePage(props: MessageProps) {
  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-page grid-rows-[auto_1fr] px-5 py-6 md:px-8">
      <header>
        <Wordmark />
      </header>
      <main className="grid">
        <Message {...props} />
      </main>
    </div>
  );
}
