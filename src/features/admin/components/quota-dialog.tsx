"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { formatCount, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Quota } from "../quota/contract";

const DONE = {
  applied: "The quota is whole again",
  pending: "Written down; it is applied as soon as the stores can be reached",
} as const;

/** Gives back what a brand has used of its plan: first what it would do, then why, then a second press that does just that. */
export function QuotaDialog({ customerId, name, onClose }: { customerId: string; name: string; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState(false);
  const [sure, setSure] = useState(false);
  const { data, error, refetch } = useQuery(
    trpc.admin.proposeReset.queryOptions({ customerId }, { staleTime: 0, retry: false, refetchOnWindowFocus: false }),
  );
  const reset = useMutation(
    trpc.admin.resetQuota.mutationOptions({
      onSuccess: async ({ outcome }) => {
        toast(DONE[outcome]);
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.admin.support.queryKey({ customerId }) });
      },
      onError: () => {
        setSure(false);
        return refetch();
      },
    }),
  );
  const nothing = data?.tokens === 0;
  return (
    <Dialog firm open onOpenChange={(next) => next || onClose()} title="Reset the quota?" description={name}>
      <DialogBody>
        {reset.error && (
          <Notice kind="stopped" title="Nothing was changed">
            {describeFailure(reset.error)}
          </Notice>
        )}
        {error && !data && <QueryError what="What it would do" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-40 w-full" />}
        {data && <Effect quota={data} />}
        {data && !nothing && !sure && (
          <TextField
            label="Reason"
            hint="The brand reads it in its audit log."
            maxLength={300}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            {...(wrong && reason.trim().length < 5 && { error: "Say why, in at least 5 characters." })}
          />
        )}
        {data && sure && (
          <Notice kind="soon" title={`Give ${formatTokens(data.tokens)} to ${name}`}>
            “{reason.trim()}”. It stands in their ledger and in their audit log.
          </Notice>
        )}
      </DialogBody>
      <DialogActions>
        <Button onClick={sure ? () => setSure(false) : onClose}>{sure ? "Back" : "Not now"}</Button>
        {data && !nothing && (
          <Button
            look="main"
            busy={reset.isPending}
            onClick={() => {
              const short = reason.trim().length < 5;
              setWrong(short);
              if (short) return;
              if (!sure) setSure(true);
              else reset.mutate({ customerId, tokens: data.tokens, confirmation: data.confirmation, reason });
            }}
          >
            {sure ? `Give ${formatTokens(data.tokens)}` : "Go on"}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

/** What would change, figure by figure. */
function Effect({ quota }: { quota: Quota }) {
  const rows: readonly (readonly [string, string])[] = [
    [`${quota.plan} gives this period`, formatTokens(quota.quota)],
    ["Used of it", formatTokens(quota.used)],
    ...(quota.givenBack > 0 ? [["Given back before", formatTokens(quota.givenBack)] as const] : []),
    ["Balance now", formatTokens(quota.balance)],
    ["Balance after", formatTokens(quota.balance + quota.tokens)],
  ];
  return (
    <div className="grid gap-2">
      <dl className="grid text-14">
        {rows.map(([what, value]) => (
          <div
            key={what}
            className="flex items-baseline justify-between gap-4 border-t border-line py-2 first:border-t-0"
          >
            <dt className="text-ink-2">{what}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-13 text-ink-2">
        {quota.tokens === 0 ? (
          "Nothing of the plan is used that was not given back already."
        ) : (
          <>
            {formatCount(quota.tokens)} are given until <ClockTime iso={quota.expiresAt} />, when the period ends. What
            was used stays in the ledger.
          </>
        )}
      </p>
    </div>
  );
}
