import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { googleIsOffered } from "@/auth/config";
import { currentSession } from "@/auth/session";
import { signUpAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { DoorFrame, DoorLink } from "../door/frame";
import { GoogleButton } from "../door/google-button";

export const metadata: Metadata = { title: "Create a brand" };

/** Where a company begins. */
export default async function SignUpPage() {
  if ((await currentSession()).state === "in") redirect("/overview");
  return (
    <DoorFrame title="Create your brand" about="Free until you buy tokens. A sandbox with test tokens comes with it.">
      <DoorForm
        action={signUpAction}
        fields={["brand", "name", "email"]}
        submit="Create brand"
        withTimeZone
        sent={<p>Follow its link within a day to confirm the address and choose a password.</p>}
      />
      {googleIsOffered() && <GoogleButton />}
      <p className="text-13 text-ink-2">
        You have an account? <DoorLink href="/sign-in">Go to sign-in</DoorLink>
      </p>
    </DoorFrame>
  );
}
