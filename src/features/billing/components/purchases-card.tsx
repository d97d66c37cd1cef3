"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatDay, formatExact, formatMoney, formatTokens } from "@/components/format";
import { EmptyLedgerDrawing } from "@/components/icons/drawings";
import { QueryError } from "@/components/query-error";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { PurchaseView } from "../contract";
import { ORIGINS, purchaseWord } from "./words";

/** Everything that was bought, newest first, and what became of it. */
export function PurchasesCard() {
  const trpc = useTRPC();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } =
    useInfiniteQuery(
      trpc.billing.purchases.infiniteQueryOptions(
        {},
        { getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined, initialCursor: undefined },
      ),
    );
  const purchases = data?.pages.flatMap((page) => page.purchases);
  return (
    <Card title="Purchases">
      {error && !purchases && (
        <div className="px-4 pb-5 md:px-5">
          <QueryError what="Your purchases" error={error} retry={refetch} />
        </div>
      )}
      {!purchases && !error && <Skeleton className="mx-4 mb-5 h-40 md:mx-5" />}
      {purchases?.length === 0 && (
        <EmptyState drawing={<EmptyLedgerDrawing />} title="Nothing was bought yet">
          <p>Plans and packs will stand here, each with its tokens and how it was paid.</p>
        </EmptyState>
      )}
      {purchases && purchases.length > 0 && (
        <Table label="Purchases">
          <thead>
            <tr>
              <Th>What</Th>
              <Th className="max-lg:hidden">When</Th>
              <Th className="max-xl:hidden">Paid by</Th>
              <Th className="text-right max-lg:hidden">Tokens</Th>
              <Th className="text-right">Price</Th>
              <Th>Status</Th>
            </tr>
          </thead>
          <tbody>
            {purchases.map((purchase) => (
              <PurchaseRow key={purchase.id} purchase={purchase} />
            ))}
          </tbody>
        </Table>
      )}
      {hasNextPage && (
        <div className="border-t border-line px-4 py-3 text-center md:px-5">
          <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
            Show older purchases
          </ShowMore>
        </div>
      )}
    </Card>
  );
}

function PurchaseRow({ purchase }: { purchase: PurchaseView }) {
  const zone = useTimeZone();
  const { word, tone } = purchaseWord(purchase);
  const tokens = purchase.tokens === null ? "Unlimited" : formatTokens(purchase.tokens);
  return (
    <Tr>
      <RowHead className="min-w-32">
        <span className="block font-medium wrap-anywhere">{purchase.label}</span>
        {purchase.period && (
          <span className="block text-12 text-ink-3">
            {formatDay(purchase.period.start, zone)} to {formatDay(purchase.period.end, zone)}
          </span>
        )}
        <span className="block text-12 text-ink-3 lg:hidden">
          {formatDay(purchase.createdAt, zone)}, {tokens}
        </span>
      </RowHead>
      <Td className="text-13 whitespace-nowrap text-ink-2 max-lg:hidden">
        <time dateTime={purchase.createdAt} title={formatExact(purchase.createdAt, zone)}>
          {formatDay(purchase.createdAt, zone)}
        </time>
      </Td>
      <Td className="text-13 text-ink-2 max-xl:hidden">{ORIGINS[purchase.origin]}</Td>
      <Td className="figures text-right text-13 whitespace-nowrap text-ink-2 max-lg:hidden">{tokens}</Td>
      <Td className="figures text-right whitespace-nowrap">
        {formatMoney(purchase.priceCents)}
        {purchase.refundedCents > 0 && (
          <span className="block text-12 text-ink-3">{formatMoney(purchase.refundedCents)} given back</span>
        )}
      </Td>
      <Td>
        <Badge tone={tone}>{word}</Badge>
        {purchase.failure && <span className="mt-1 block max-w-56 text-12 text-ink-2">{purchase.failure}</span>}
        {purchase.tokensOwed > 0 && (
          <span className="mt-1 block max-w-56 text-12 text-ink-2">
            {formatTokens(purchase.tokensOwed)} had been spent
          </span>
        )}
      </Td>
    </Tr>
  );
}
