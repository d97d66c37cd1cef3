"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { formatMoney, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure, outcomeUnknown } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { PackView, PaymentMethodView } from "../contract";
import { useCheckout, useRefreshBilling, useWhen } from "./use-billing";
import { cardName } from "./words";

/** How often a purchase whose end is not known is asked about. */
const ASK_MS = 1_000;

/** Buys a pack with the card on file, in one press after the price and the card have been seen. */
export function BuyPackDialog({
  pack,
  card,
  onClose,
}: {
  pack: PackView | null;
  card: PaymentMethodView;
  onClose: () => void;
}) {
  // The words stay while the dialog fades out; what was begun does not go on to the next one.
  const [shown, setShown] = useState(pack);
  if (pack && pack !== shown) setShown(pack);
  if (!shown) return null;
  return (
    <Dialog
      open={pack !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Buy ${formatTokens(shown.tokens)}`}
      description={`Charged at once to your ${cardName(card)}.`}
    >
      {pack && <Body key={pack.id} pack={pack} onClose={onClose} />}
    </Dialog>
  );
}

function Body({ pack, onClose }: { pack: PackView; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRefreshBilling();
  const checkout = useCheckout();
  // One for each opening: however often the button is pressed or the request is sent again, it buys once.
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const buy = useMutation(
    trpc.billing.buyPack.mutationOptions({
      onSuccess: ({ status, url }) => {
        if (status === "action_required" && url) window.location.assign(url);
      },
    }),
  );
  const result = buy.data;
  const bought = result?.status === "completed" || result?.status === "pending" ? result.purchaseId : undefined;
  const purchase = useQuery(
    trpc.billing.purchases.queryOptions({}, { enabled: bought !== undefined, refetchInterval: ASK_MS }),
  ).data?.purchases.find((each) => each.id === bought);
  const arrived = purchase?.arrived === true;
  const failed = result?.status === "failed" || purchase?.status === "failed";

  useWhen(arrived, () => {
    toast.success(`${formatTokens(pack.tokens)} are in your balance`);
    void refresh().then(onClose);
  });

  return (
    <>
      <DialogBody>
        <p className="flex items-baseline justify-between gap-4">
          <span className="text-14 text-ink-2">{formatTokens(pack.tokens)}</span>
          <span className="figures text-20 font-semibold">{formatMoney(pack.priceCents)}</span>
        </p>
        {failed && (
          <Notice kind="stopped" title="The card was not charged">
            {result?.failure ?? purchase?.failure ?? "The bank refused it."} Nothing was bought. Try again, or pay
            another way.
          </Notice>
        )}
        {buy.error &&
          (outcomeUnknown(buy.error) ? (
            <Notice kind="stopped" title="We cannot tell whether the pack was bought">
              {describeFailure(buy.error)} Press again here: it is the same purchase, and charged once at most. If you
              close this, look at the purchases first.
            </Notice>
          ) : (
            <Notice kind="stopped" title="The pack was not bought">
              {describeFailure(buy.error)}
            </Notice>
          ))}
        {bought && !arrived && !failed && (
          <Notice kind="info" title={result?.status === "pending" ? "The bank has not answered yet" : "Paid"}>
            Your tokens are on their way. You may close this; they arrive all the same.
          </Notice>
        )}
        {checkout.error && (
          <Notice kind="stopped" title="The checkout could not be opened">
            {describeFailure(checkout.error)}
          </Notice>
        )}
      </DialogBody>
      <DialogActions>
        <Button look="quiet" busy={checkout.isPending} onClick={() => checkout.mutate({ packId: pack.id })}>
          Pay another way
        </Button>
        <Button
          look="main"
          busy={buy.isPending || (bought !== undefined && !failed) || result?.status === "action_required"}
          onClick={() => {
            // A refused payment is over; trying again is another one.
            const next = failed ? crypto.randomUUID() : attempt;
            setAttempt(next);
            buy.mutate({ packId: pack.id, attempt: next });
          }}
        >
          Buy for {formatMoney(pack.priceCents)}
        </Button>
      </DialogActions>
    </>
  );
}
