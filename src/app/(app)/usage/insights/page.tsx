import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { InsightsPage } from "@/features/usage/insights/components/insights-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";
import { type Asked, askedOf } from "../asked";

export const metadata: Metadata = { title: "Advanced Analytics" };

/** What became of the sessions of the brand's widgets. Everyone sees it; managers and admins have reports made. */
export default async function Insights({ searchParams }: { searchParams: Asked }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();
  const canSpend = permissions.has("apps:write");

  const queries = getQueryClient();
  const { periodStart, span } = await askedOf(customer.timeZone, searchParams);
  await Promise.all([
    queries.prefetchQuery(trpc.insights.figures.queryOptions(span, { retry: false })),
    canSpend && queries.prefetchQuery(trpc.insights.reports.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <InsightsPage periodStart={periodStart} canSpend={canSpend} />
    </HydrateClient>
  );
}
