import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { UsagePage } from "@/features/usage/components/usage-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";
import { type Asked, askedOf } from "../asked";

export const metadata: Metadata = { title: "Usage" };

/** What was used, on what, and how it goes on. For everyone in the brand. */
export default async function Usage({ searchParams }: { searchParams: Asked }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  if (!permissions.has("usage:read")) notFound();

  const queries = getQueryClient();
  const { periodStart, span } = await askedOf(customer.timeZone, searchParams);
  await queries.prefetchQuery(trpc.usage.dashboard.queryOptions(span, { retry: false }));
  return (
    <HydrateClient>
      <UsagePage periodStart={periodStart} />
    </HydrateClient>
  );
}
