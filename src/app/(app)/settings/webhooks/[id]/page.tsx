import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { EndpointView } from "@/features/notifications/webhooks/components/endpoint-view";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Webhook endpoint" };

/** One endpoint with its log. */
export default async function EndpointPage({ params }: { params: Promise<{ id: string }> }) {
  const [gate, { id }] = await Promise.all([currentSession(), params]);
  if (gate.state !== "in") return null;
  await getQueryClient().prefetchQuery(trpc.webhooks.endpoint.queryOptions({ id }, { retry: false }));
  return (
    <HydrateClient>
      <EndpointView id={id} canWrite={gate.session.permissions.has("webhooks:write")} />
    </HydrateClient>
  );
}
