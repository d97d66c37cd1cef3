import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { KeysPanel } from "@/features/keys/components/keys-panel";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "API keys" };

/** The brand's keys: seen by managers and admins, made and revoked by admins. */
export default async function KeysPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("keys:read")) notFound();

  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.keys.list.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.catalog.list.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <KeysPanel canWrite={permissions.has("keys:write")} />
    </HydrateClient>
  );
}
