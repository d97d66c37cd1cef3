import type { Metadata } from "next";
import { atTheDoor } from "@/auth/the-door";
import { magicLinkAction, useMagicLinkAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { BadLink, DoorFrame, DoorLink } from "../door/frame";

export const metadata: Metadata = { title: "Link by mail", referrer: "no-referrer" };

/**
 * Asks for a link that signs in; and where that link leads. Opening it signs nobody in yet: programs that look into mail
 * open links too.
 */
export default async function MagicLinkPage({
  searchParams,
}: {
  searchParams: Promise<{ token?: string | string[] }>;
}) {
  const { token } = await searchParams;
  if (token === undefined) {
    return (
      <DoorFrame title="Get in by mail" about="We mail you a link that works for 15 minutes, without a password.">
        <DoorForm
          action={magicLinkAction}
          fields={["email"]}
          submit="Mail me the link"
          sent={<p>Follow its link within 15 minutes. It may take a minute to arrive.</p>}
        />
        <p>
          <DoorLink href="/sign-in">Back to sign-in</DoorLink>
        </p>
      </DoorFrame>
    );
  }
  if (typeof token !== "string" || !(await atTheDoor().signInLinkIsOpen(token))) {
    return (
      <BadLink>
        <DoorLink href="/magic-link">Ask for a new link</DoorLink>
      </BadLink>
    );
  }
  return (
    <DoorFrame title="Welcome back" about="One press, and you are in.">
      <DoorForm action={useMagicLinkAction} fields={[]} submit="Sign in" token={token} />
    </DoorFrame>
  );
}
