import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { BillingPage } from "@/features/billing/components/billing-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Billing" };

/** What the brand has, pays and spends: seen by managers and admins, changed by admins. */
export default async function BillingHome() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("billing:read")) notFound();

  const queries = getQueryClient();
  const first = { getNextPageParam: () => undefined, initialCursor: undefined, retry: false } as const;
  await Promise.all([
    queries.prefetchQuery(trpc.billing.overview.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.billing.plans.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.billing.overage.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.metering.caps.queryOptions({ mode: "live" }, { retry: false })),
    queries.prefetchQuery(trpc.billing.details.queryOptions(undefined, { retry: false })),
    queries.prefetchInfiniteQuery(trpc.billing.purchases.infiniteQueryOptions({}, first)),
    queries.prefetchInfiniteQuery(trpc.billing.invoices.infiniteQueryOptions({}, first)),
    queries.prefetchQuery(trpc.billing.statement.queryOptions({}, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <BillingPage canWrite={permissions.has("billing:write")} />
    </HydrateClient>
  );
}
