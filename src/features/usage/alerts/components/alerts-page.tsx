"use client";

import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { PlusIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { AddAlertDialog } from "./add-alert-dialog";
import { HistoryCard } from "./history-card";
import { RulesCard } from "./rules-card";
import { WhenCard } from "./when-card";

/** What the brand is told of, when, and what it was told. `canWrite` shows what only managers and admins may press. */
export function AlertsPage({ canWrite, seesHistory }: { canWrite: boolean; seesHistory: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.alerts.overview.queryOptions(undefined, { refetchInterval: 30_000, retry: false }),
  );
  useSessionEnd(error);
  const [adding, setAdding] = useState(false);
  const addButton = useRef<HTMLButtonElement>(null);
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Alerts"
        action={
          canWrite && (
            <Button ref={addButton} look="main" icon={<PlusIcon size={18} />} onClick={() => setAdding(true)}>
              Add alert
            </Button>
          )
        }
      >
        Each tells once, and not again until things were well in between.{" "}
        {data?.asOf && (
          <span className="whitespace-nowrap text-ink-3">
            Looked at <RelativeTime iso={data.asOf} className="figures" />
          </span>
        )}
      </PageTitle>
      {error && !data && <QueryError what="Your alerts" error={error} retry={refetch} />}
      {!data && !error && <AlertsSkeleton />}
      {data && (
        <div className="grid gap-4 lg:grid-cols-12 lg:items-start">
          <div className="grid min-w-0 gap-4 lg:col-span-8">
            <RulesCard data={data} canWrite={canWrite} />
          </div>
          <div className="grid min-w-0 gap-4 lg:col-span-4">
            <WhenCard
              // What is saved elsewhere meanwhile begins the form anew.
              key={JSON.stringify([data.quiet, data.digestHour])}
              data={data}
              canWrite={canWrite}
            />
          </div>
          {seesHistory && (
            <div className="min-w-0 lg:col-span-12">
              <HistoryCard />
            </div>
          )}
        </div>
      )}
      {canWrite && <AddAlertDialog open={adding} onClose={() => setAdding(false)} finalFocus={addButton} />}
    </div>
  );
}

/** The page's shape while its rules are on their way. */
export function AlertsSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-12" aria-busy="true">
      <Skeleton className="h-160 rounded-card lg:col-span-8" />
      <Card className="h-80 lg:col-span-4">
        <span className="sr-only">Loading</span>
      </Card>
    </div>
  );
}
