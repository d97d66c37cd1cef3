"use client";

import { useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { formatCount } from "@/components/format";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import { wanted } from "../rules";
import { AppTile, AppTileSkeleton } from "./app-tile";
import { MarketplaceFilters } from "./marketplace-filters";
import { WISH } from "./wish";

const SKELETONS = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
const GRID = "grid gap-4 sm:grid-cols-2 xl:grid-cols-3";

/** The marketplace: every app there is, found by name, filter or order. */
export function Marketplace() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.catalog.list.queryOptions());
  useSessionEnd(error);
  const [wish, setWish] = useQueryStates(WISH, { history: "replace" });
  const apps = data?.apps;
  const shown = apps && wanted(apps, wish);
  const on = apps?.filter((app) => app.activation === "active").length ?? 0;
  return (
    <div className="grid gap-6">
      <PageTitle title="Connected Apps">
        Find an app, turn it on, put it into your shop. You pay by the token, for what shoppers use.
      </PageTitle>
      <MarketplaceFilters categories={[...new Set(apps?.map((app) => app.category))].toSorted()} />
      {error && !apps && <QueryError what="The apps" error={error} retry={refetch} />}
      {!apps && !error && (
        <div className={GRID} aria-busy="true">
          {SKELETONS.map((place) => (
            <AppTileSkeleton key={place} />
          ))}
        </div>
      )}
      {apps && shown && (
        <section aria-label="Apps" className="grid gap-3">
          <p className="figures text-12 text-ink-3" aria-live="polite">
            {shown.length === apps.length
              ? `${formatCount(apps.length)} apps, ${formatCount(on)} of them active in your shop`
              : `${formatCount(shown.length)} of ${formatCount(apps.length)} apps`}
          </p>
          <div className={GRID}>
            {shown.map((app) => (
              <AppTile key={app.id} app={app} />
            ))}
          </div>
          {shown.length === 0 && (
            <EmptyState
              drawing={<NothingFoundDrawing />}
              title={wish.mine && !wish.q ? "You have no such app yet" : "No app fits all of that"}
              action={<Button onClick={() => setWish(null)}>Show all apps</Button>}
            >
              <p>Take a filter away, or search for what the app should do, such as “measure” or “fit”.</p>
            </EmptyState>
          )}
        </section>
      )}
    </div>
  );
}
