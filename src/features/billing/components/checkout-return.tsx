"use client";

import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeReadFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { CheckoutStateOutput } from "../contract";
import { useRefreshBilling, useWhen } from "./use-billing";

/** How often it is asked whether the tokens have come, and after how long the page says that it takes longer. */
const ASK_MS = 1_000;
const LONG_MS = 20_000;

const SETTLED: ReadonlySet<CheckoutStateOutput["state"]> = new Set(["arrived", "expired", "twice", "unknown"]);

/** What a person who comes back from a payment is told: live, until the tokens are in the balance. */
export function CheckoutReturn() {
  const [{ checkout, purchase }, setQuery] = useQueryStates({ checkout: parseAsString, purchase: parseAsString });
  const close = () => void setQuery({ checkout: null, purchase: null });
  const dismiss = (
    <Button look="quiet" size="small" onClick={close}>
      Close
    </Button>
  );
  if (checkout === "cancelled") {
    return (
      <Notice kind="info" title="The payment was not made" action={dismiss}>
        You left the checkout. Nothing was charged and nothing has changed.
      </Notice>
    );
  }
  if (checkout?.startsWith("cs_")) return <Waiting session={checkout} onClose={close} />;
  if (purchase) return <Confirmed purchase={purchase} onClose={close} />;
  return null;
}

function Waiting({ session, onClose }: { session: string; onClose: () => void }) {
  const trpc = useTRPC();
  const state = useQuery(
    trpc.billing.checkoutState.queryOptions(
      { session },
      {
        refetchInterval: ({ state: { data } }) => (data && SETTLED.has(data.state) ? false : ASK_MS),
        retry: false,
      },
    ),
  );
  const found = state.data?.state;
  const refresh = useRefreshBilling();
  useWhen(found === "arrived", () => void refresh());
  const close = (
    <Button look="quiet" size="small" onClick={onClose}>
      Close
    </Button>
  );
  switch (found) {
    case "arrived":
      return (
        <Notice kind="done" title="Paid, and all of it is here" action={close}>
          {state.data?.tokens
            ? `${formatTokens(state.data.tokens)} are in your balance. The receipt is on its way by mail.`
            : "Your plan is in force. The receipt is on its way by mail."}
        </Notice>
      );
    case "open":
      return (
        <Notice kind="soon" title="The checkout is not finished" action={close}>
          Nothing was charged so far. Go back to it in your browser, or begin anew.
        </Notice>
      );
    case "expired":
      return (
        <Notice kind="soon" title="The checkout has expired" action={close}>
          Nothing was charged. Begin anew where you left off.
        </Notice>
      );
    case "twice":
      return (
        <Notice kind="soon" title="You had a plan already, so this payment comes back" action={close}>
          Two checkouts for a plan were paid. The first one counts; this one is cancelled, and all of its money goes
          back to the card. You need not do anything.
        </Notice>
      );
    case "unknown":
      return (
        <Notice kind="soon" title="This checkout is not known here" action={close}>
          It may belong to another brand. If something was charged, it stands among the purchases below.
        </Notice>
      );
    default:
      return <OnTheirWay failure={state.error} close={close} />;
  }
}

function Confirmed({ purchase, onClose }: { purchase: string; onClose: () => void }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.billing.purchases.queryOptions({}, { refetchInterval: ASK_MS, retry: false }));
  const found = data?.purchases.find((each) => each.id === purchase);
  const refresh = useRefreshBilling();
  useWhen(found?.arrived === true, () => void refresh());
  const close = (
    <Button look="quiet" size="small" onClick={onClose}>
      Close
    </Button>
  );
  if (found?.arrived) {
    return (
      <Notice kind="done" title="Paid, and all of it is here" action={close}>
        {found.tokens === null ? "Your plan is in force." : `${formatTokens(found.tokens)} are in your balance.`}
      </Notice>
    );
  }
  if (found?.status === "failed") {
    return (
      <Notice kind="stopped" title="The payment was refused" action={close}>
        {found.failure ?? "The bank did not confirm it."} Nothing was bought.
      </Notice>
    );
  }
  return <OnTheirWay failure={error} close={close} />;
}

function OnTheirWay({ failure, close }: { failure: unknown; close: ReactNode }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  if (failure) {
    return (
      <Notice kind="soon" title="We cannot see yet whether your tokens have arrived" action={close}>
        {describeReadFailure(failure)} We ask again every second; what was paid is not lost.
      </Notice>
    );
  }
  return long ? (
    <Notice kind="soon" title="This takes longer than usual" action={close}>
      Your payment is noted, and the tokens arrive by themselves. You need not wait here, and need not pay again.
    </Notice>
  ) : (
    <Notice kind="info" title="Your tokens are on their way">
      The payment is made. This usually takes a few seconds.
    </Notice>
  );
}
