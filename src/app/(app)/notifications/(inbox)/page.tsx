import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { Inbox } from "@/features/notifications/components/inbox";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Notifications" };

/** What the person was told in this brand. For everyone. */
export default async function NotificationsPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  await getQueryClient().prefetchInfiniteQuery(
    trpc.notifications.list.infiniteQueryOptions({}, { getNextPageParam: (page) => page.cursor, retry: false }),
  );
  return (
    <HydrateClient>
      <Inbox seesFailures={gate.session.permissions.has("deliveries:write")} />
    </HydrateClient>
  );
}
