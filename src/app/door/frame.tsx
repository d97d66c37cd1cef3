import Link from "next/link";
import type { ReactNode } from "react";
import { Wordmark } from "@/components/icons/mark";

/** The frame of every way in: the name above, one thing to do in the middle. */
export function DoorFrame({ title, children, about }: { title: string; about?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-page grid-rows-[auto_1fr] px-5 py-6 md:px-8">
      <header>
        <Link href="/" className="inline-flex min-h-6 items-center rounded-control">
          <Wordmark />
        </Link>
      </header>
      <main className="mx-auto grid w-full max-w-88 content-center gap-6 pt-8 pb-24">
        <div>
          <h1 className="text-28 font-semibold wrap-anywhere">{title}</h1>
          {about && <p className="mt-1 text-14 text-ink-2 wrap-anywhere">{about}</p>}
        </div>
        {children}
      </main>
    </div>
  );
}

/** A way to another way in. */
export function DoorLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      className="inline-flex min-h-6 items-center rounded-control text-13 font-medium text-ink-2 underline decoration-line-control underline-offset-4 hover:text-ink"
    >
      {children}
    </Link>
  );
}

/** What stands where a link does not work: the same whether it is unknown, used or over. */
export function BadLink({ children }: { children: ReactNode }) {
  return (
    <DoorFrame
      title="This link does not work"
      about="It was used already, it is too old, a newer one took its place, or part of it was lost on the way."
    >
      <div className="flex flex-wrap gap-x-4 gap-y-2">{children}</div>
    </DoorFrame>
  );
}
