import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { Failures } from "@/features/notifications/components/failures";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Not delivered" };

/** What did not reach the brand's people and rooms. */
export default async function FailuresPage() {
  const gate = await currentSession();
  if (gate.state !== "in" || !gate.session.permissions.has("deliveries:write")) return null;
  await getQueryClient().prefetchQuery(trpc.notifications.failures.queryOptions(undefined, { retry: false }));
  return (
    <HydrateClient>
      <Failures />
    </HydrateClient>
  );
}
