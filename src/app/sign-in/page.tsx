import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { googleIsOffered } from "@/auth/config";
import { safeNextPath } from "@/auth/next-path";
import { currentSession } from "@/auth/session";
import { Notice } from "@/components/notice";
import { DoorFrame, DoorLink } from "../door/frame";
import { GoogleButton } from "../door/google-button";
import { SignInForm } from "./form";

export const metadata: Metadata = { title: "Sign in" };

/** Where a person signs in; someone who is signed in already goes on at once. */
export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ next?: string | string[]; error?: string | string[] }>;
}) {
  const { next, error } = await searchParams;
  const { state } = await currentSession();
  if (state === "in") redirect(safeNextPath(next));

  return (
    <DoorFrame title="Sign in" about="See your balance, your keys and every token spent.">
      {state === "unavailable" && (
        <Notice kind="soon" title="Our database cannot be reached">
          Signing in has to wait. Your shop&rsquo;s widgets go on, and nothing is lost.
        </Notice>
      )}
      {error === "AccessDenied" && (
        <Notice kind="soon" title="Google did not let you in here">
          No account of ours goes with that Google account, or its address is not confirmed there. Use your password, or
          a link by mail.
        </Notice>
      )}
      <SignInForm next={typeof next === "string" ? next : undefined} />
      {googleIsOffered() && <GoogleButton {...(typeof next === "string" && { next })} />}
      <div className="flex flex-wrap justify-between gap-x-4 gap-y-1">
        <DoorLink href="/forgot-password">Forgotten?</DoorLink>
        <DoorLink href="/magic-link">Get a link by mail</DoorLink>
        <DoorLink href="/sign-up">Create a brand</DoorLink>
      </div>
      {process.env.NODE_ENV === "development" && (
        <p className="border-t border-line pt-4 text-12 text-ink-3">
          On this machine: <span className="font-mono">npm run dev</span> prints the demo sign-in, and{" "}
          <span className="font-mono">.data/dev.json</span> keeps it.
        </p>
      )}
    </DoorFrame>
  );
}
