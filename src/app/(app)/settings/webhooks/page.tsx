import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { EndpointsPanel } from "@/features/notifications/webhooks/components/endpoints-panel";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Webhooks" };

/** Where the brand is told of events: seen by managers and admins, changed by admins. */
export default async function WebhooksPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("webhooks:read")) notFound();
  await getQueryClient().prefetchQuery(trpc.webhooks.list.queryOptions(undefined, { retry: false }));
  return (
    <HydrateClient>
      <EndpointsPanel canWrite={permissions.has("webhooks:write")} />
    </HydrateClient>
  );
}
