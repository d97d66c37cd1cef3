import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { UsagePage } from "@/features/usage/components/usage-page";
import { askedSpan, dateIn } from "@/features/usage/dashboard/rules";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Usage" };

type Asked = Promise<Record<string, string | string[] | undefined>>;

/** What was used, on what, and how it goes on. For everyone in the brand. */
export default async function Usage({ searchParams }: { searchParams: Asked }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();

  const queries = getQueryClient();
  const one = (value: string | string[] | undefined) => (typeof value === "string" ? value : null);
  const { period, from, to } = await searchParams;
  const today = dateIn(customer.timeZone, Date.now());
  const forecast = await queries
    .fetchQuery(trpc.usage.forecast.queryOptions(undefined, { retry: false }))
    .catch(() => null);
  const periodStart = forecast?.period.from ?? `${today.slice(0, 7)}-01`;
  const span = askedSpan({ period: one(period), from: one(from), to: one(to) }, today, periodStart);
  await queries.prefetchQuery(trpc.usage.dashboard.queryOptions(span, { retry: false }));
  return (
    <HydrateClient>
      <UsagePage periodStart={periodStart} />
    </HydrateClient>
  );
}
