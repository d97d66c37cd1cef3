import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { currentSession } from "@/auth/session";
import { TeamPanel } from "@/features/team/components/team-panel";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Team" };

/** The brand's people: seen by managers and admins, changed by admins. */
export default async function TeamPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { permissions } = gate.session;
  if (!permissions.has("team:read")) notFound();
  await getQueryClient().prefetchQuery(trpc.team.list.queryOptions(undefined, { retry: false }));
  return (
    <HydrateClient>
      <TeamPanel canWrite={permissions.has("team:write")} />
    </HydrateClient>
  );
}
