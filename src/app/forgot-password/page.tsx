import type { Metadata } from "next";
import { connection } from "next/server";
import { forgotPasswordAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { DoorFrame, DoorLink } from "../door/frame";

export const metadata: Metadata = { title: "Forgotten password" };

/** Asks for a link by which a new password is chosen. */
export default async function ForgotPasswordPage() {
  // Made for the visit, because its scripts have to carry the visit's nonce.
  await connection();
  return (
    <DoorFrame title="Choose a new password" about="We mail you a link that works for an hour.">
      <DoorForm
        action={forgotPasswordAction}
        fields={["email"]}
        submit="Mail me the link"
        sent={<p>Follow its link within an hour. It may take a minute to arrive.</p>}
      />
      <p>
        <DoorLink href="/sign-in">Back to sign-in</DoorLink>
      </p>
    </DoorFrame>
  );
}
