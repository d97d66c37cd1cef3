import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { AppPage } from "@/features/activations/components/app-page";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

type Props = { params: Promise<{ slug: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  const app = await getQueryClient()
    .fetchQuery(trpc.catalog.app.queryOptions({ slug }, { retry: false }))
    .catch(() => null);
  return { title: app?.name ?? "App" };
}

/** An app's own page. */
export default async function AppRoute({ params }: Props) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { slug } = await params;
  const { permissions } = gate.session;
  const queries = getQueryClient();
  const app = await queries.fetchQuery(trpc.catalog.app.queryOptions({ slug }, { retry: false })).catch(() => null);
  const [canSeeKeys, canSeeHistory] = [permissions.has("keys:read"), permissions.has("audit:read")];
  if (app) {
    const appId = app.id;
    await Promise.all([
      canSeeKeys &&
        app.activation &&
        queries.prefetchQuery(trpc.activations.embed.queryOptions({ appId }, { retry: false })),
      canSeeHistory && queries.prefetchQuery(trpc.activations.history.queryOptions({ appId }, { retry: false })),
    ]);
  }
  return (
    <HydrateClient>
      <AppPage
        slug={slug}
        canWrite={permissions.has("apps:write")}
        canBuy={permissions.has("billing:write")}
        canSeeKeys={canSeeKeys}
        canSeeHistory={canSeeHistory}
      />
    </HydrateClient>
  );
}
