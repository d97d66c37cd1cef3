"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { describeFailure } from "@/components/query-error";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Invitation } from "../contract";
import { ROLE_WORDS } from "../rules";

/** Who was asked to join and has not answered. */
export function InvitationsCard({ invitations, canWrite }: { invitations: Invitation[]; canWrite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries(trpc.team.list.queryFilter());
  const onError = (error: unknown) => void toast.error(describeFailure(error));
  const resend = useMutation(
    trpc.team.resendInvitation.mutationOptions({
      onSuccess: async () => {
        await again();
        toast.success("A new link is on its way; the earlier one stops working");
      },
      onError,
    }),
  );
  const revoke = useMutation(
    trpc.team.revokeInvitation.mutationOptions({
      onSuccess: async () => {
        await again();
        toast.success("The invitation is withdrawn");
      },
      onError,
    }),
  );
  // One press at a time; a button that were disabled by its own press would lose the keyboard.
  const busy = resend.isPending || revoke.isPending;
  return (
    <Card title="Invited">
      <ul className="pb-2">
        {invitations.map((each) => (
          <li
            key={each.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2.5 md:px-5"
          >
            <span className="grid min-w-0 flex-1 basis-48 gap-0.5">
              <span className="text-14 font-medium wrap-anywhere">{each.email}</span>
              <span className="text-12 text-ink-2">
                {each.invitedBy ? `Invited by ${each.invitedBy}, ` : ""}
                <RelativeTime iso={each.createdAt} />
              </span>
            </span>
            <Badge>{ROLE_WORDS[each.role].name}</Badge>
            {each.expired && <Badge tone="soon">Too old</Badge>}
            {canWrite && (
              <span className="flex">
                <Button
                  look="quiet"
                  size="small"
                  busy={resend.isPending && resend.variables.id === each.id}
                  aria-label={`Send again: the invitation to ${each.email}`}
                  onClick={() => busy || resend.mutate({ id: each.id })}
                >
                  Send again
                </Button>
                <Button
                  look="quiet"
                  size="small"
                  busy={revoke.isPending && revoke.variables.id === each.id}
                  aria-label={`Withdraw: the invitation to ${each.email}`}
                  onClick={() => busy || revoke.mutate({ id: each.id })}
                >
                  Withdraw
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
