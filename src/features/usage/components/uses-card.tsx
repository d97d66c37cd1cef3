"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Id } from "@/components/copy";
import { formatCount } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { CloseIcon } from "@/components/icons/interface";
import { QueryError } from "@/components/query-error";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime, RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Entries } from "../dashboard/contract";
import { askedDay } from "../dashboard/rules";
import { useView } from "./view";
import { costOf, longDate } from "./words";

/** As it happens: asked for so often that a use is there within seconds. */
const FEED = { refetchInterval: 2_000, retry: false } as const;
const FEED_LENGTH = { limit: 20 } as const;
const SHOWN = 8;

type Row = Pick<
  Entries["entries"][number],
  "epoch" | "seq" | "usageId" | "appId" | "appName" | "tokens" | "delta" | "balanceAfter" | "occurredAt"
> &
  Partial<Pick<Entries["entries"][number], "refunded" | "product" | "keyName">>;

/** The uses themselves: of the day that was picked, or else as they come in. */
export function UsesCard({ periodStart }: { periodStart: string }) {
  const { day, app, setView } = useView(periodStart);
  const date = askedDay(day);
  return (
    <div id="uses" className="scroll-mt-16 md:scroll-mt-4">
      {date ? (
        <DayUses key={`${date}${app}`} date={date} appId={app} onClose={() => setView({ day: null, app: null })} />
      ) : (
        <LiveFeed />
      )}
    </div>
  );
}

function LiveFeed() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.metering.latestEntries.queryOptions(FEED_LENGTH, FEED));
  const uses = data?.entries.flatMap((entry) =>
    (entry.kind === "usage" || entry.kind === "settle") && entry.appId && entry.usageId
      ? [{ ...entry, appId: entry.appId, appName: entry.appName ?? entry.appId, usageId: entry.usageId }]
      : [],
  );
  return (
    <Card
      title="Latest uses"
      aside={
        <p className="flex items-center gap-2 text-12 text-ink-3">
          <Badge tone="accent">Live</Badge>
          <span className="max-md:hidden">Pick a day above for its own</span>
        </p>
      }
    >
      {error && !data && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="The latest uses" error={error} retry={refetch} />
        </div>
      )}
      {uses?.length === 0 && (
        <p className="px-4 pb-5 text-13 text-ink-2 md:px-5">The next use will stand here within seconds.</p>
      )}
      {(uses === undefined ? !error : uses.length > 0) && (
        <UsesTable label="Latest uses" rows={uses?.slice(0, SHOWN)} />
      )}
    </Card>
  );
}

function DayUses({ date, appId, onClose }: { date: string; appId: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } =
    useInfiniteQuery(
      trpc.usage.entries.infiniteQueryOptions(
        { date, ...(appId && /^[a-z0-9-]{1,20}$/.test(appId) ? { appId } : {}) },
        { getNextPageParam: (page) => page.cursor, retry: false },
      ),
    );
  const rows = data?.pages.flatMap((page) => page.entries);
  return (
    <Card
      title={`Uses on ${longDate(date)}`}
      aside={
        <Button look="quiet" size="small" icon={<CloseIcon size={16} />} onClick={onClose}>
          Back to live
        </Button>
      }
    >
      {error && !rows && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="The day's uses" error={error} retry={refetch} />
        </div>
      )}
      {rows?.length === 0 && <p className="px-4 pb-5 text-13 text-ink-2 md:px-5">Nothing was used on this day.</p>}
      {(rows === undefined ? !error : rows.length > 0) && <UsesTable label="Uses of the day" rows={rows} detailed />}
      {hasNextPage && (
        <div className="border-t border-line px-2 py-1.5 md:px-3">
          <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
            Show more
          </ShowMore>
        </div>
      )}
    </Card>
  );
}

const SKELETON_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

function UsesTable({ label, rows, detailed }: { label: string; rows: readonly Row[] | undefined; detailed?: boolean }) {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <Th>App</Th>
          {detailed && <Th className="max-lg:hidden">Product</Th>}
          {detailed && <Th className="max-lg:hidden">Key</Th>}
          <Th className="text-right">Tokens</Th>
          <Th className="text-right max-md:hidden">Balance after</Th>
          <Th className="text-right max-md:hidden">Time</Th>
          <Th className="max-lg:hidden">Use</Th>
          <Th className="text-right max-lg:hidden">Ledger entry</Th>
        </tr>
      </thead>
      <tbody>
        {rows?.map((row) => <UseRow key={`${row.epoch}.${row.seq}`} row={row} detailed={detailed ?? false} />) ??
          SKELETON_ROWS.map((row) => (
            <Tr key={row}>
              <RowHead colSpan={8}>
                <Skeleton className="h-8 w-full" />
              </RowHead>
            </Tr>
          ))}
      </tbody>
    </Table>
  );
}

function UseRow({ row, detailed }: { row: Row; detailed: boolean }) {
  return (
    <Tr>
      <RowHead>
        <span className="flex items-center gap-3">
          <AppIcon appId={row.appId} size={32} />
          <span className="grid min-w-0">
            <span className="font-medium wrap-anywhere">{row.appName}</span>
            <span className="text-12 text-ink-2 md:hidden">
              <ClockTime iso={row.occurredAt} className="figures" />
            </span>
          </span>
        </span>
      </RowHead>
      {detailed && (
        <Td className="max-w-48 truncate text-ink-2 max-lg:hidden" title={row.product ?? undefined}>
          {row.product ?? <span className="text-ink-3">not recorded</span>}
        </Td>
      )}
      {detailed && (
        <Td className="max-w-40 truncate text-ink-2 max-lg:hidden" title={row.keyName ?? undefined}>
          {row.keyName ?? <span className="text-ink-3">not recorded</span>}
        </Td>
      )}
      <Td className="figures text-right whitespace-nowrap">
        <span className="font-medium">{costOf(row)}</span>
        {row.refunded && <span className="block text-12 text-ink-2">refunded</span>}
      </Td>
      <Td className="figures text-right text-ink-2 max-md:hidden">{formatCount(row.balanceAfter)}</Td>
      <Td className="figures text-right whitespace-nowrap text-ink-2 max-md:hidden">
        <ClockTime iso={row.occurredAt} />
        {!detailed && <RelativeTime iso={row.occurredAt} className="ml-3 inline-block w-18 text-ink-3 max-lg:hidden" />}
      </Td>
      <Td className="max-lg:hidden">
        <Id id={row.usageId} what="usage id" />
      </Td>
      <Td className="figures text-right whitespace-nowrap text-ink-3 max-lg:hidden">
        {row.epoch}/{formatCount(row.seq)}
      </Td>
    </Tr>
  );
}
