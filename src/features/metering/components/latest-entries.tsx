"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useId, useRef, useState } from "react";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { Id } from "@/components/copy";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { formatCount, formatDelta } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { EmptyLedgerDrawing } from "@/components/icons/drawings";
import { InIcon, OutIcon } from "@/components/icons/interface";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime, RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { ENTRIES } from "./live";
import type { Entry } from "./uses-by-app";

/** What an entry of each kind is called, and in which words it is explained. */
const KINDS: Record<Entry["kind"], string> = {
  usage: "Use",
  grant: "Tokens added",
  hold: "Reserved",
  settle: "Settled",
  release: "Released",
  refund: "Refunded",
  expiry: "Expired",
  adjustment: "Adjusted",
};

const SKELETON_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];
/** As many stand there at first; the rest come on request. */
const SHORT = 8;

/** The newest lines of the ledger; a new one appears on top by itself. BalanceCard keeps the question fresh. */
export function LatestEntries({ canSeeKeys }: { canSeeKeys: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.metering.latestEntries.queryOptions(ENTRIES, { retry: false }));
  const entries = data?.entries;
  const [all, setAll] = useState(false);
  const body = useId();
  // Entries newer than what the page arrived with slide in; the first ones just stand there.
  const first = useRef<string>(undefined);
  const newest = entries?.[0]?.occurredAt;
  if (newest && first.current === undefined) first.current = newest;

  return (
    <Card
      title="Latest entries"
      aside={entries && entries.length > 0 && <p className="text-12 text-ink-3">Live account, newest first</p>}
    >
      {error && !entries && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="The latest entries" error={error} retry={refetch} />
        </div>
      )}
      {entries?.length === 0 && <NoEntries canSeeKeys={canSeeKeys} />}
      {(entries === undefined ? !error : entries.length > 0) && (
        <Table label="Latest entries">
          <thead>
            <tr>
              <Th>Entry</Th>
              <Th className="max-md:hidden">Kind</Th>
              <Th className="text-right">Tokens</Th>
              <Th className="text-right max-md:hidden">Balance after</Th>
              <Th className="text-right max-md:hidden">Time</Th>
              <Th className="max-lg:hidden">Use</Th>
            </tr>
          </thead>
          <tbody id={body}>
            {entries
              ? entries
                  .slice(0, all ? undefined : SHORT)
                  .map((entry) => (
                    <EntryRow
                      key={`${entry.epoch}-${entry.seq}`}
                      entry={entry}
                      isNew={first.current !== undefined && entry.occurredAt > first.current}
                    />
                  ))
              : SKELETON_ROWS.map((row) => <SkeletonRow key={row} />)}
          </tbody>
        </Table>
      )}
      {entries && entries.length > SHORT && (
        <div className="border-t border-line px-2 py-1.5 md:px-3">
          <Button
            look="quiet"
            size="small"
            aria-expanded={all}
            aria-controls={body}
            onClick={() => setAll((before) => !before)}
          >
            {all ? "Show fewer" : `Show all ${entries.length}`}
          </Button>
        </div>
      )}
    </Card>
  );
}

function EntryRow({ entry, isNew }: { entry: Entry; isNew: boolean }) {
  const kind = KINDS[entry.kind];
  const unlimited = entry.kind === "usage" && entry.delta === 0;
  return (
    <Tr className={isNew ? "arrived" : undefined}>
      <RowHead>
        <span className="flex items-center gap-3">
          {entry.appId ? <AppIcon appId={entry.appId} size={32} /> : <KindIcon delta={entry.delta} />}
          <span className="grid min-w-0">
            <span className="font-medium wrap-anywhere">{entry.appName ?? kind}</span>
            <span className="text-12 text-ink-2 md:hidden">
              {entry.appName && `${kind} · `}
              <RelativeTime iso={entry.occurredAt} className="figures" />
            </span>
          </span>
        </span>
      </RowHead>
      <Td className="text-ink-2 max-md:hidden">{kind}</Td>
      <Td className="figures text-right whitespace-nowrap">
        <span className={cx("font-medium", entry.delta > 0 && "text-green")}>
          {unlimited ? formatCount(entry.tokens) : formatDelta(entry.delta)}
        </span>
        {unlimited && <span className="block text-12 text-ink-2">not charged</span>}
        <span className="block text-12 text-ink-2 md:hidden">
          <span className="sr-only">Balance after: </span>
          {formatCount(entry.balanceAfter)}
        </span>
      </Td>
      <Td className="figures text-right text-ink-2 max-md:hidden">{formatCount(entry.balanceAfter)}</Td>
      <Td className="figures text-right whitespace-nowrap text-ink-2 max-md:hidden">
        <ClockTime iso={entry.occurredAt} />
        <RelativeTime iso={entry.occurredAt} className="ml-3 inline-block w-18 text-ink-3 max-lg:hidden" />
      </Td>
      <Td className="max-lg:hidden">
        {entry.usageId ? <Id id={entry.usageId} what="usage id" /> : <span className="text-ink-3">–</span>}
      </Td>
    </Tr>
  );
}

/** Tokens that came or went without an app. */
function KindIcon({ delta }: { delta: number }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "grid size-8 shrink-0 place-items-center rounded-control",
        delta >= 0 ? "bg-green-soft text-green" : "bg-inset text-ink-2",
      )}
    >
      {delta >= 0 ? <InIcon size={19} /> : <OutIcon size={19} />}
    </span>
  );
}

/** As tall as a real row. */
function SkeletonRow() {
  return (
    <Tr>
      <RowHead>
        <span className="flex h-9 items-center gap-3 md:h-8">
          <Skeleton className="size-8" />
          <Skeleton className="h-4 w-32" />
        </span>
      </RowHead>
      <Td className="max-md:hidden">
        <Skeleton className="h-4 w-10" />
      </Td>
      <Td>
        <Skeleton className="ml-auto h-4 w-8" />
      </Td>
      <Td className="max-md:hidden">
        <Skeleton className="ml-auto h-4 w-16" />
      </Td>
      <Td className="max-md:hidden">
        <Skeleton className="ml-auto h-4 w-24" />
      </Td>
      <Td className="max-lg:hidden">
        <Skeleton className="h-4 w-28" />
      </Td>
    </Tr>
  );
}

function NoEntries({ canSeeKeys }: { canSeeKeys: boolean }) {
  return (
    <EmptyState
      drawing={<EmptyLedgerDrawing />}
      title="Your first use will appear here within two seconds"
      action={
        canSeeKeys && (
          <Link href="/keys" className={buttonClass("plain")}>
            See your keys
          </Link>
        )
      }
    >
      <p>Put a public key into your shop&rsquo;s page, open the page and start an app. The line writes itself.</p>
    </EmptyState>
  );
}
