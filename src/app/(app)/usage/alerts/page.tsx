import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { AlertsPage } from "@/features/usage/alerts/components/alerts-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Alerts" };

/** What the brand is told of before it is trouble. Everyone sees the rules; managers and admins change them. */
export default async function Alerts() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();
  const seesHistory = permissions.has("team:read");
  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.alerts.overview.queryOptions(undefined, { retry: false })),
    seesHistory &&
      queries.prefetchInfiniteQuery(
        trpc.alerts.history.infiniteQueryOptions({}, { getNextPageParam: (page) => page.cursor, retry: false }),
      ),
  ]);
  return (
    <HydrateClient>
      <AlertsPage canWrite={permissions.has("alerts:write")} seesHistory={seesHistory} />
    </HydrateClient>
  );
}
