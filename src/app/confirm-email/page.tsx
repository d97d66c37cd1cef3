import type { Metadata } from "next";
import { atTheDoor } from "@/auth/the-door";
import { confirmEmailAction } from "../door/actions";
import { DoorForm } from "../door/form";
import { BadLink, DoorFrame, DoorLink } from "../door/frame";

export const metadata: Metadata = { title: "Confirm your address", referrer: "no-referrer" };

/** Where the link to an address leads that somebody has, or changes to. */
export default async function ConfirmPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams;
  const link = await atTheDoor().pendingConfirmation(token);
  if (!link || typeof token !== "string") {
    return (
      <BadLink>
        <DoorLink href="/settings">Ask for a new one in the settings</DoorLink>
      </BadLink>
    );
  }
  const change = link.purpose === "change_email";
  return (
    <DoorFrame
      title="Confirm your address"
      about={
        change ? (
          <>
            From now on you sign in with <span className="text-ink">{link.address}</span>. Your sessions everywhere else
            end.
          </>
        ) : (
          <span className="text-ink">{link.address}</span>
        )
      }
    >
      <DoorForm
        action={confirmEmailAction}
        fields={[]}
        submit="Confirm"
        token={token}
        sent={
          <p>
            The address is confirmed. <DoorLink href="/overview">Go on to the overview</DoorLink>
          </p>
        }
      />
    </DoorFrame>
  );
}
