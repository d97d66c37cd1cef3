import type { Metadata } from "next";
import Link from "next/link";
import { atTheDoor } from "@/auth/the-door";
import { buttonClass } from "@/components/button";
import { Notice } from "@/components/notice";
import { ROLE_WORDS } from "@/features/team/rules";
import { joinAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { BadLink, DoorFrame, DoorLink } from "../door/frame";
import { signOutAction } from "../sign-in/actions";

export const metadata: Metadata = { title: "Invitation", referrer: "no-referrer" };

/** Where an invitation leads: join as who is signed in, sign in first, or begin with an account. */
export default async function InvitePage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams;
  const found = await atTheDoor().invitation(token);
  if (!found || typeof token !== "string") {
    return (
      <BadLink>
        <p className="text-13 text-ink-2">Ask whoever invited you for a new one.</p>
        <DoorLink href="/overview">Go to the overview</DoorLink>
      </BadLink>
    );
  }
  const { brand, role, invitedBy } = found;
  return (
    <DoorFrame
      title={`Join ${brand}`}
      about={
        <>
          {invitedBy ?? "An admin"} invites you as {ROLE_WORDS[role].name.toLowerCase()}. {ROLE_WORDS[role].may}
        </>
      }
    >
      {found.state === "other" && (
        <>
          <Notice kind="soon" title="This invitation is for another address">
            You are signed in with an address that was not invited. Sign out, then open the link again.
          </Notice>
          <form action={signOutAction}>
            <button type="submit" className={buttonClass("plain")}>
              Sign out
            </button>
          </form>
        </>
      )}
      {found.state === "ready" && (
        <DoorForm action={joinAction} fields={[]} submit={`Join as ${found.email}`} token={token} />
      )}
      {found.state === "sign-in" && (
        <div className="grid gap-3">
          <p className="text-14 text-ink-2">
            <span className="text-ink wrap-anywhere">{found.email}</span> has an account. Sign in with it to join.
          </p>
          <Link href={`/sign-in?next=${encodeURIComponent(`/invite?token=${token}`)}`} className={buttonClass("main")}>
            Sign in to join
          </Link>
        </div>
      )}
      {found.state === "known" && (
        <div className="grid gap-4">
          <p className="text-14 text-ink-2">
            <span className="text-ink wrap-anywhere">{found.email}</span> has an account. Type its password to join.
          </p>
          <DoorForm action={joinAction} fields={["present"]} submit="Join the team" token={token} />
          <p>
            <DoorLink href="/forgot-password">Choose a new password</DoorLink>
          </p>
        </div>
      )}
      {found.state === "new" && (
        <div className="grid gap-4">
          <p className="text-14 text-ink-2">
            Your account will be <span className="text-ink wrap-anywhere">{found.email}</span>.
          </p>
          <DoorForm action={joinAction} fields={["name", "password"]} submit="Join the team" token={token} />
        </div>
      )}
    </DoorFrame>
  );
}
