import type { Metadata } from "next";
import { atTheDoor } from "@/auth/the-door";
import { resetPasswordAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { BadLink, DoorFrame, DoorLink } from "../door/frame";

export const metadata: Metadata = { title: "Choose a password", referrer: "no-referrer" };

/** Where the link of a forgotten password leads. */
export default async function ResetPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await atTheDoor().resetIsOpen(token))) {
    return (
      <BadLink>
        <DoorLink href="/forgot-password">Ask for a new link</DoorLink>
      </BadLink>
    );
  }
  return (
    <DoorFrame title="Choose a password" about="It signs you in here, and ends your sessions everywhere else.">
      <DoorForm action={resetPasswordAction} fields={["password"]} submit="Save and go on" token={token} />
    </DoorFrame>
  );
}
