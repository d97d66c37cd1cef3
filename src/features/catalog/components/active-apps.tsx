"use client";

import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { Figure } from "@/components/figure";
import { formatTokens } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";

const SKELETON_ROWS = ["a", "b"];

/** The apps this brand has turned on, what a use of each costs, and for how many uses the balance is enough. */
export function ActiveApps() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 }));
  // No interval of its own: the balance card keeps this answer fresh.
  const balance = useQuery(trpc.metering.balance.queryOptions(undefined, { retry: false })).data;
  const active = data?.apps.filter((app) => app.active);
  return (
    <Card
      title="Active apps"
      aside={
        data && (
          <p className="figures text-12 text-ink-3">
            {active?.length} of {data.apps.length}
          </p>
        )
      }
    >
      {error && !data && (
        <div className="px-4 pb-4 md:px-5">
          <QueryError what="Your apps" error={error} retry={refetch} />
        </div>
      )}
      {active?.length === 0 && (
        <EmptyState drawing={<NothingFoundDrawing />} title="No app is active">
          <p>The apps you turn on stand here, each with its price.</p>
        </EmptyState>
      )}
      <ul>
        {!error &&
          !active &&
          SKELETON_ROWS.map((row) => (
            <li key={row} className="flex min-h-16 items-center gap-3 border-t border-line px-4 md:px-5">
              <Skeleton className="size-9 shrink-0" />
              <Skeleton className="h-4 w-36" />
            </li>
          ))}
        {active?.map((app) => (
          <li key={app.id} className="flex min-h-16 items-center gap-3 border-t border-line px-4 py-2 md:px-5">
            <AppIcon appId={app.id} />
            <div className="min-w-0 flex-1">
              <p className="font-medium wrap-anywhere">{app.name}</p>
              <p className="text-12 text-ink-2">{formatTokens(app.tokenCost)} a use</p>
            </div>
            {balance?.balance != null && (
              <p className="shrink-0 text-right text-12 text-ink-2">
                enough for
                <span className="block text-14 text-ink">
                  <Figure value={Math.floor(balance.balance / app.tokenCost)} compact className="font-medium" /> uses
                </span>
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
