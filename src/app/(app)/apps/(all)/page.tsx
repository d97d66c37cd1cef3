import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { Marketplace } from "@/features/catalog/components/marketplace";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Connected Apps" };

/** The marketplace, for everyone in the brand. */
export default async function AppsPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  if (!gate.session.permissions.has("apps:read")) notFound();
  await getQueryClient().prefetchQuery(trpc.catalog.list.queryOptions(undefined, { retry: false }));
  return (
    <HydrateClient>
      <Marketplace />
    </HydrateClient>
  );
}
