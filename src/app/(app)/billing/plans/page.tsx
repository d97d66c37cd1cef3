import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { PlansPage } from "@/features/billing/components/plans-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Plans" };

/** The plans side by side; an admin changes the brand's here. */
export default async function Plans() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("billing:read")) notFound();

  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.billing.plans.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.catalog.list.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <PlansPage canWrite={permissions.has("billing:write")} />
    </HydrateClient>
  );
}
