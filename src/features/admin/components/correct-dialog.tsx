"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";

const DONE = {
  applied: "The tokens are corrected",
  pending: "Written down; it is applied as soon as the stores can be reached",
  refused: "Refused: there is less than was to be taken. Nothing was changed",
} as const;

/** Gives or takes tokens for a reason: first what it would do, then a second press that does just that. */
export function CorrectDialog({
  customerId,
  name,
  open,
  onOpenChange,
}: {
  customerId: string;
  name: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState(false);
  const tokens = /^[+-]?\d{1,10}$/.test(amount.trim()) ? Number(amount) : 0;
  const input = { customerId, tokens, reason };
  const propose = useMutation({
    mutationFn: () => queries.fetchQuery(trpc.admin.proposeTokens.queryOptions(input, { staleTime: 0 })),
  });
  const close = () => {
    propose.reset();
    correct.reset();
    setAmount("");
    setReason("");
    onOpenChange(false);
  };
  const correct = useMutation(
    trpc.admin.correctTokens.mutationOptions({
      onSuccess: async ({ outcome }) => {
        toast(DONE[outcome]);
        close();
        await queries.invalidateQueries({ queryKey: trpc.admin.support.queryKey({ customerId }) });
      },
    }),
  );
  const back = () => {
    propose.reset();
    correct.reset();
  };
  const proposal = propose.data;
  const failed = propose.error ?? correct.error;
  return (
    <Dialog firm open={open} onOpenChange={(next) => (next ? onOpenChange(true) : close())} title="Correct tokens">
      <DialogBody>
        {failed && (
          <Notice kind="stopped" title="Nothing was changed">
            {describeFailure(failed)}
          </Notice>
        )}
        {proposal ? (
          <Notice kind="soon" title={`${tokens > 0 ? "Give" : "Take"} ${formatTokens(Math.abs(tokens))}`}>
            {tokens > 0 ? "To" : "From"} {name}: “{reason.trim()}”. It stands in their ledger and in their audit log.
          </Notice>
        ) : (
          <>
            <TextField
              label="Tokens"
              inputMode="numeric"
              hint="Below zero takes tokens away."
              value={amount}
              onChange={(event) => setAmount(event.target.value)}
              {...(wrong && tokens === 0 && { error: "A whole number, not 0." })}
            />
            <TextField
              label="Reason"
              maxLength={300}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              {...(wrong && reason.trim().length < 5 && { error: "Say why, in at least 5 characters." })}
            />
          </>
        )}
      </DialogBody>
      <DialogActions>
        <Button onClick={proposal ? back : close}>{proposal ? "Back" : "Not now"}</Button>
        {proposal ? (
          <Button
            look="main"
            busy={correct.isPending}
            onClick={() => correct.mutate({ ...input, confirmation: proposal.confirmation })}
          >
            {tokens > 0 ? "Give" : "Take"} {formatTokens(Math.abs(tokens))}
          </Button>
        ) : (
          <Button
            look="main"
            busy={propose.isPending}
            onClick={() => {
              const bad = tokens === 0 || reason.trim().length < 5;
              setWrong(bad);
              if (!bad) propose.mutate();
            }}
          >
            Look at it first
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
