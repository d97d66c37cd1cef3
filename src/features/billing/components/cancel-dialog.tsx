"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { ConfirmDialog } from "@/components/dialog";
import { formatDay, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { OverviewOutput, PlanView } from "../contract";
import { useRefreshBilling } from "./use-billing";

/** Asks before a plan is cancelled, and says what ends, when, and what stays. */
export function CancelDialog({
  overview,
  plan,
  open,
  onClose,
}: {
  overview: OverviewOutput;
  plan: PlanView;
  open: boolean;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const zone = useTimeZone();
  const refresh = useRefreshBilling();
  const cancel = useMutation(
    trpc.billing.cancel.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onClose();
        toast.success(`${plan.name} is cancelled`);
      },
    }),
  );
  const end = overview.period ? formatDay(overview.period.end, zone) : "the end of the period";
  const stays = overview.grants
    .filter((grant) => grant.source !== "plan")
    .reduce((sum, grant) => sum + grant.remaining, 0);
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(next) => {
        if (next || cancel.isPending) return;
        cancel.reset();
        onClose();
      }}
      title={`Cancel ${plan.name}?`}
      confirm="Cancel plan"
      keep={`Keep ${plan.name}`}
      busy={cancel.isPending}
      onConfirm={() => cancel.mutate()}
    >
      <p>Everything goes on until {end}, and nothing is charged after that. You can resume it until then.</p>
      <p>
        What is left of the plan&rsquo;s tokens ends with it.{" "}
        {stays > 0 ? `${formatTokens(stays)} from packs stay yours.` : "You have no tokens from packs that would stay."}{" "}
        Apps keep their settings.
      </p>
      {cancel.error && (
        <Notice kind="stopped" title="The plan was not cancelled">
          {describeFailure(cancel.error)}
        </Notice>
      )}
    </ConfirmDialog>
  );
}
