"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ClockTime, useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { Breakdowns } from "./breakdowns";
import { DaysChart } from "./days-chart";
import { ForecastCard } from "./forecast-card";
import { PeriodPicker } from "./period-picker";
import { Totals } from "./totals";
import { UsesCard } from "./uses-card";
import { useView } from "./view";
import { comparisonWords, spanWords } from "./words";

/** How often the figures are asked for again, ms. */
const AGAIN = 30_000;

/** What was used, on what, when and by whom, and how it goes on. */
export function UsagePage({ periodStart }: { periodStart: string }) {
  const trpc = useTRPC();
  const zone = useTimeZone();
  const { span } = useView(periodStart);
  const { data, error, refetch, isPlaceholderData } = useQuery(
    trpc.usage.dashboard.queryOptions(span, {
      refetchInterval: AGAIN,
      retry: false,
      placeholderData: keepPreviousData,
    }),
  );
  useSessionEnd(error);
  const empty = data !== undefined && data.totals.sessions === 0 && data.totalsBefore.sessions === 0;
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Usage"
        action={
          <div className="flex flex-wrap gap-2">
            <Link href="/usage/insights" className={buttonClass("plain")}>
              Advanced Analytics
            </Link>
            <Link href="/usage/alerts" className={buttonClass("plain")}>
              Alerts
            </Link>
          </div>
        }
      >
        {data ? (
          <>
            {comparisonWords(data)}{" "}
            <span className="whitespace-nowrap text-ink-3">
              As of <ClockTime iso={data.asOf} className="figures" />, {zone.replaceAll("_", " ")}
            </span>
          </>
        ) : (
          <Skeleton className="my-0.5 h-4 w-80 max-w-full" />
        )}
      </PageTitle>
      <PeriodPicker periodStart={periodStart} />
      {error && <QueryError what="The usage" error={error} retry={refetch} />}
      {!data && !error && <UsageSkeleton />}
      {data && empty && (
        <Card>
          <EmptyState
            drawing={<NothingFoundDrawing />}
            title={`Nothing was used from ${spanWords(data)}, nor in the days before`}
            action={
              <Link href="/apps" className={buttonClass("plain")}>
                See the apps
              </Link>
            }
          >
            <p>Days, apps, keys and products appear here within seconds of a shopper&rsquo;s first use.</p>
          </EmptyState>
        </Card>
      )}
      {data && !empty && (
        <div className={cx("grid gap-4 transition-opacity lg:grid-cols-12", isPlaceholderData && "opacity-60")}>
          <div className="min-w-0 lg:col-span-12">
            <Totals data={data} />
          </div>
          <div className="min-w-0 lg:col-span-12">
            <DaysChart data={data} periodStart={periodStart} />
          </div>
          <div className="min-w-0 lg:col-span-12">
            <ForecastCard />
          </div>
          <Breakdowns data={data} />
        </div>
      )}
      {empty && <ForecastCard />}
      <UsesCard periodStart={periodStart} />
    </div>
  );
}

/** The page's shape while its figures are on their way. */
export function UsageSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-12" aria-busy="true">
      <Skeleton className="h-60 rounded-card md:h-29 lg:col-span-12" />
      <Skeleton className="h-105 rounded-card lg:col-span-12" />
      <Skeleton className="h-90 rounded-card lg:col-span-12" />
      <Skeleton className="h-85 rounded-card lg:col-span-7" />
      <Skeleton className="h-85 rounded-card lg:col-span-5" />
    </div>
  );
}
