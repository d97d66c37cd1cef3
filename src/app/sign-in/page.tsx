import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { safeNextPath } from "@/auth/next-path";
import { currentSession } from "@/auth/session";
import { Wordmark } from "@/components/icons/mark";
import { Notice } from "@/components/notice";
import { SignInForm } from "./form";

export const metadata: Metadata = { title: "Sign in" };

/** Where a person signs in; someone who is signed in already goes on at once. */
export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string | string[] }> }) {
  const { next } = await searchParams;
  const { state } = await currentSession();
  if (state === "in") redirect(safeNextPath(next));

  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-page grid-rows-[auto_1fr] px-5 py-6 md:px-8">
      <header>
        <Link href="/" className="inline-flex min-h-6 items-center rounded-control">
          <Wordmark />
        </Link>
      </header>
      <main className="mx-auto grid w-full max-w-88 content-center gap-6 pt-8 pb-24">
        <div>
          <h1 className="text-28 font-semibold">Sign in</h1>
          <p className="mt-1 text-14 text-ink-2">See your balance, your keys and every token spent.</p>
        </div>
        {state === "unavailable" && (
          <Notice kind="soon" title="Our database cannot be reached">
            Signing in has to wait. Your shop&rsquo;s widgets go on, and nothing is lost.
          </Notice>
        )}
        <SignInForm next={typeof next === "string" ? next : undefined} />
        {process.env.NODE_ENV === "development" && (
          <p className="border-t border-line pt-4 text-12 text-ink-3">
            On this machine: <span className="font-mono">npm run dev</span> prints the demo sign-in, and{" "}
            <span className="font-mono">.data/dev.json</span> keeps it.
          </p>
        )}
      </main>
    </div>
  );
}
