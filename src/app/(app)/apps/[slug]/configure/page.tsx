import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { currentSession } from "@/auth/session";
import { ConfigurePage } from "@/features/activations/components/configuration/configure-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

type Props = { params: Promise<{ slug: string }> };

const appAt = async (slug: string) =>
  getQueryClient()
    .fetchQuery(trpc.catalog.app.queryOptions({ slug }, { retry: false }))
    .catch(() => null);

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const app = await appAt((await params).slug);
  return { title: app ? `Configure ${app.name}` : "Configure" };
}

/** Where an app is set up. An app the brand never turned on has nothing to set up: its own page says how. */
export default async function ConfigureRoute({ params }: Props) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { slug } = await params;
  const { permissions } = gate.session;
  const app = await appAt(slug);
  if (app && app.activation === null) redirect(`/apps/${slug}`);
  const canSeeKeys = permissions.has("keys:read");
  const appId = app?.id ?? slug;
  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.activations.configuration.queryOptions({ appId }, { retry: false })),
    queries.prefetchQuery(trpc.activations.versions.queryOptions({ appId }, { retry: false })),
    canSeeKeys && queries.prefetchQuery(trpc.activations.embed.queryOptions({ appId }, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <ConfigurePage appId={appId} canWrite={permissions.has("apps:write")} canSeeKeys={canSeeKeys} />
    </HydrateClient>
  );
}
