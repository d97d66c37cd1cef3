"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSessionEnd } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";

/** How often it is asked whether a payment that waits has been confirmed. */
const CONFIRMED_MS = 3_000;

/** Plan, grants, cards and what is next: one question for all of the page. */
export function useOverview() {
  const trpc = useTRPC();
  const overview = useQuery(
    trpc.billing.overview.queryOptions(undefined, {
      // Somebody may be confirming it in another tab: the plan shows up here by itself.
      refetchInterval: ({ state: { data } }) => (data?.confirming ? CONFIRMED_MS : false),
    }),
  );
  useSessionEnd(overview.error);
  return overview;
}

/** Has everything about money and tokens asked for anew, after something was bought or changed. */
export function useRefreshBilling(): () => Promise<void> {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return async () => {
    await Promise.all([
      queries.invalidateQueries(trpc.billing.pathFilter()),
      queries.invalidateQueries(trpc.metering.pathFilter()),
      queries.invalidateQueries(trpc.catalog.list.queryFilter()),
    ]);
  };
}

/** Sends the browser to the checkout. */
export function useCheckout() {
  const trpc = useTRPC();
  return useMutation(trpc.billing.checkout.mutationOptions({ onSuccess: ({ url }) => window.location.assign(url) }));
}

/** Sends the browser to the page of cards, invoices and the subscription at the payment provider. */
export function usePortal() {
  const trpc = useTRPC();
  return useMutation(trpc.billing.portal.mutationOptions({ onSuccess: ({ url }) => window.location.assign(url) }));
}

/** Does something once when a condition turns true, however often the component is drawn meanwhile. */
export function useWhen(now: boolean, action: () => void): void {
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(() => {
    if (now) latest.current();
  }, [now]);
}
