import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { Preferences } from "@/features/notifications/components/preferences";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "How you are told" };

/** Each person's own choices; the brand's rooms for whoever may change its alerts. */
export default async function PreferencesPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const seesRooms = gate.session.permissions.has("alerts:write");
  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.notifications.preferences.queryOptions(undefined, { retry: false })),
    seesRooms && queries.prefetchQuery(trpc.notifications.chatHooks.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <Preferences seesRooms={seesRooms} seesFailures={gate.session.permissions.has("deliveries:write")} />
    </HydrateClient>
  );
}
