import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { askedSpan, dateIn } from "@/features/usage/dashboard/rules";
import { InsightsPage } from "@/features/usage/insights/components/insights-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Advanced Analytics" };

type Asked = Promise<Record<string, string | string[] | undefined>>;

/** What became of the sessions of the brand's widgets. Everyone sees it; managers and admins have reports made. */
export default async function Insights({ searchParams }: { searchParams: Asked }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();
  const canSpend = permissions.has("apps:write");

  const queries = getQueryClient();
  const one = (value: string | string[] | undefined) => (typeof value === "string" ? value : null);
  const { period, from, to } = await searchParams;
  const today = dateIn(customer.timeZone, Date.now());
  const forecast = await queries
    .fetchQuery(trpc.usage.forecast.queryOptions(undefined, { retry: false }))
    .catch(() => null);
  const periodStart = forecast?.period.from ?? `${today.slice(0, 7)}-01`;
  const span = askedSpan({ period: one(period), from: one(from), to: one(to) }, today, periodStart);
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
