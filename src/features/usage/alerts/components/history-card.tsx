"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { QueryError } from "@/components/query-error";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { AlertHistory } from "../contract";

type Crossing = AlertHistory["crossings"][number];

/** What was crossed, since and until when, and who was told of it, how and when. */
export function HistoryCard() {
  const trpc = useTRPC();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } =
    useInfiniteQuery(
      trpc.alerts.history.infiniteQueryOptions(
        {},
        { getNextPageParam: (page) => page.cursor, refetchInterval: 30_000, retry: false },
      ),
    );
  const rows = data?.pages.flatMap((page) => page.crossings);
  return (
    <Card title="History">
      {error && !rows && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="The history" error={error} retry={refetch} />
        </div>
      )}
      {!rows && !error && <Skeleton className="mx-5 mb-5 h-40" />}
      {rows?.length === 0 && (
        <EmptyState drawing={<NothingHereDrawing />} title="No alert was crossed yet">
          <p>Each one will stand here, with who was told of it, how and when.</p>
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <Table label="History of alerts">
          <thead>
            <tr>
              <Th>What</Th>
              <Th className="max-md:hidden">When</Th>
              <Th className="max-md:hidden">Who was told</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Tr key={row.id}>
                <RowHead className="align-top">
                  <Link href={row.href} className="font-medium wrap-anywhere hover:underline">
                    {row.title}
                  </Link>
                  <span className="block max-w-prose text-13 wrap-anywhere text-ink-2">{row.body}</span>
                  <span className="mt-1.5 grid gap-1.5 md:hidden">
                    <Span row={row} />
                    <Told row={row} />
                  </span>
                </RowHead>
                <Td className="w-52 align-top max-md:hidden">
                  <Span row={row} />
                </Td>
                <Td className="w-80 align-top max-md:hidden">
                  <Told row={row} />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
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

function Span({ row }: { row: Crossing }) {
  return (
    <span className="grid justify-items-start gap-1 text-13 text-ink-2">
      <ClockTime iso={row.openedAt} className="figures" />
      {row.closedAt ? (
        <span className="figures text-12 text-ink-3">
          well again <ClockTime iso={row.closedAt} />
        </span>
      ) : (
        <Badge tone="soon">Still so</Badge>
      )}
    </span>
  );
}

const CHANNELS = { app: "app", email: "mail", digest: "digest", chat: "chat" } as const;

/** People and rooms, each with the ways that reached them; what waits or failed says so. */
function Told({ row }: { row: Crossing }) {
  if (!row.told)
    return <span className="text-13 text-ink-3">Nobody: a louder alert of the same kind spoke for it.</span>;
  if (row.tellings.length === 0) return <span className="text-13 text-ink-3">Nobody has chosen to be told.</span>;
  const names = [...new Set(row.tellings.map(({ who }) => who))];
  return (
    <ul className="grid gap-0.5 text-13 text-ink-2">
      {names.map((name) => (
        <li key={name}>
          <span className="text-ink">{name}</span>{" "}
          {row.tellings
            .filter(({ who }) => who === name)
            .map((telling, at) => (
              <span key={telling.channel} className="figures text-12 text-ink-3">
                {at > 0 && ", "}
                {CHANNELS[telling.channel]}
                {telling.status === "failed" && <span className="text-red"> failed</span>}
                {telling.status === "waiting" && " waits until"}
                {telling.at && telling.status !== "failed" && (
                  <>
                    {" "}
                    <ClockTime iso={telling.at} />
                  </>
                )}
              </span>
            ))}
        </li>
      ))}
    </ul>
  );
}
