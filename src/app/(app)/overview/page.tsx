import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { PageTitle } from "@/components/page-title";
import { Checklist } from "@/features/activations/components/onboarding/checklist";
import { ActiveApps } from "@/features/catalog/components/active-apps";
import { BalanceCard } from "@/features/metering/components/balance-card";
import { LatestEntries } from "@/features/metering/components/latest-entries";
import { ENTRIES } from "@/features/metering/components/live";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Overview" };

/** The balance as it is now, the apps it pays for, and the newest lines of the ledger. */
export default async function OverviewPage() {
  const gate = await currentSession();
  // The layout answers for every other state.
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();

  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.metering.balance.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.metering.latestEntries.queryOptions(ENTRIES, { retry: false })),
    permissions.has("apps:write") &&
      queries.prefetchQuery(trpc.onboarding.get.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.catalog.list.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <div className="grid gap-6">
        <PageTitle title="Overview">
          <span className="wrap-anywhere">{customer.name}</span>
        </PageTitle>
        {permissions.has("apps:write") && <Checklist canInvite={permissions.has("team:write")} />}
        <div className="grid gap-4 lg:grid-cols-12 lg:items-stretch">
          <div className="grid lg:col-span-8">
            <BalanceCard canBuy={permissions.has("billing:write")} />
          </div>
          <div className="grid lg:col-span-4">
            <ActiveApps />
          </div>
          <div className="lg:col-span-12">
            <LatestEntries canSeeKeys={permissions.has("keys:read")} />
          </div>
        </div>
      </div>
    </HydrateClient>
  );
}
