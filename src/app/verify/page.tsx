import type { Metadata } from "next";
import { atTheDoor } from "@/auth/the-door";
import { finishSignUpAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { BadLink, DoorFrame, DoorLink } from "../door/frame";

export const metadata: Metadata = { title: "Confirm and go on", referrer: "no-referrer" };

/** Where the link of a sign-up leads: the rest of what a brand needs to begin. */
export default async function VerifyPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams;
  const pending = await atTheDoor().pendingSignUp(token);
  if (!pending || typeof token !== "string") {
    return (
      <BadLink>
        <DoorLink href="/sign-up">Sign up again</DoorLink>
        <DoorLink href="/sign-in">Go to sign-in</DoorLink>
      </BadLink>
    );
  }
  const { email, brand, name, provider, known } = pending;
  return (
    <DoorFrame
      title="Almost there"
      about={
        <>
          <span className="text-ink">{email}</span> is confirmed
          {provider && ", and Google signs you in from now on."}
          {!provider && (known ? ". You keep the account that you have." : ". Choose a password to sign in with.")}
        </>
      }
    >
      <DoorForm
        action={finishSignUpAction}
        fields={known ? ["brand"] : provider ? ["brand", "name"] : ["brand", "name", "password"]}
        filled={{ brand, name }}
        submit="Open the brand"
        token={token}
        withTimeZone
      />
    </DoorFrame>
  );
}
