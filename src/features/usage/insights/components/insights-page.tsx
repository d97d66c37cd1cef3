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
import { PeriodPicker } from "../../components/period-picker";
import { useView } from "../../components/view";
import { comparisonWords, spanWords } from "../../components/words";
import { comparedOf } from "../rules";
import { AppsCard } from "./apps-card";
import { DaysCard } from "./days-card";
import { FramesCard } from "./frames-card";
import { FunnelCard } from "./funnel-card";
import { ReportCard } from "./report-card";

/** How often the figures are asked for again, ms. */
const AGAIN = 30_000;

/** What became of the sessions of the brand's widgets. `canSpend` shows what only managers and admins may ask for. */
export function InsightsPage({ periodStart, canSpend }: { periodStart: string; canSpend: boolean }) {
  const trpc = useTRPC();
  const zone = useTimeZone();
  const { span } = useView(periodStart);
  const { data, error, refetch, isPlaceholderData } = useQuery(
    trpc.insights.figures.queryOptions(span, {
      refetchInterval: AGAIN,
      retry: false,
      placeholderData: keepPreviousData,
    }),
  );
  useSessionEnd(error);
  const figures = data?.active ? data.figures : null;
  const empty = figures !== null && figures.totals.opened === 0 && figures.totalsBefore.opened === 0;
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Advanced Analytics"
        action={
          <Link href="/usage" className={buttonClass("plain")}>
            Usage
          </Link>
        }
      >
        {figures ? (
          <>
            {comparisonWords({ ...figures, compared: comparedOf(figures) })}{" "}
            <span className="whitespace-nowrap text-ink-3">
              As of <ClockTime iso={figures.asOf} className="figures" />, {zone.replaceAll("_", " ")}
            </span>
          </>
        ) : data ? (
          "From opened to basket, by app and by frame."
        ) : (
          <Skeleton className="my-0.5 h-4 w-80 max-w-full" />
        )}
      </PageTitle>
      {(!data || data.active) && <PeriodPicker periodStart={periodStart} />}
      {error && <QueryError what="The figures" error={error} retry={refetch} />}
      {!data && !error && <InsightsSkeleton />}
      {data && !data.active && <NotActive paused={data.paused} canSpend={canSpend} />}
      {figures && (
        <div
          className={cx(
            "grid gap-4 transition-opacity lg:grid-cols-12 lg:items-start",
            isPlaceholderData && "opacity-60",
          )}
        >
          <div className={cx("grid min-w-0 gap-4", empty && !canSpend ? "lg:col-span-12" : "lg:col-span-8")}>
            {empty ? (
              <Card>
                <EmptyState
                  drawing={<NothingFoundDrawing />}
                  title={`No app was opened in your shop from ${spanWords(figures)}, nor in the days before`}
                  action={
                    <Link href="/apps" className={buttonClass("plain")}>
                      See the apps
                    </Link>
                  }
                >
                  <p>Sessions appear here within seconds of a shopper opening an app.</p>
                </EmptyState>
              </Card>
            ) : (
              <>
                <FunnelCard data={figures} />
                <DaysCard data={figures} />
              </>
            )}
          </div>
          {(canSpend || !empty) && (
            <div className="grid min-w-0 gap-4 lg:col-span-4">
              {canSpend && <ReportCard days={span} />}
              {!empty && <AppsCard data={figures} />}
            </div>
          )}
          {!empty && <FramesCard data={figures} className="lg:col-span-12" />}
        </div>
      )}
    </div>
  );
}

/** What the page will hold, and the step that fills it. */
function NotActive({ paused, canSpend }: { paused: boolean; canSpend: boolean }) {
  return (
    <Card>
      <EmptyState
        drawing={<NothingFoundDrawing />}
        title={paused ? "Advanced Analytics is paused" : "Advanced Analytics is not active yet"}
        action={
          <Link href="/apps/advanced-analytics" className={buttonClass(canSpend ? "main" : "plain")}>
            {!canSpend ? "See the app" : paused ? "Resume it" : "See what it costs and activate it"}
          </Link>
        }
      >
        {paused ? (
          <p>
            Sessions are counted meanwhile, so no day will be missing. Until it is resumed there are no figures here,
            and no month&rsquo;s report is made.
            {!canSpend && " A manager or an admin of your brand can resume it."}
          </p>
        ) : (
          <p>
            Here you see how many shoppers who open an app come to a result and put a frame into the basket, by day, by
            app and by frame. Sessions are counted from the first one on, so there is something to see at once.
            {!canSpend && " A manager or an admin of your brand can turn it on."}
          </p>
        )}
      </EmptyState>
    </Card>
  );
}

/** The page's shape while its figures are on their way. */
export function InsightsSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-12 lg:items-start" aria-busy="true">
      <div className="grid gap-4 lg:col-span-8">
        <Skeleton className="h-85 rounded-card" />
        <Skeleton className="h-92 rounded-card" />
      </div>
      <div className="grid gap-4 lg:col-span-4">
        <Skeleton className="h-88 rounded-card" />
        <Skeleton className="h-52 rounded-card" />
      </div>
      <Skeleton className="h-100 rounded-card lg:col-span-12" />
    </div>
  );
}
