"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryState } from "nuqs";
import { useDeferredValue } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatCount } from "@/components/format";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { SearchField } from "@/components/search-field";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTRPC } from "@/trpc/client";
import type { CustomerRow } from "../customers/contract";
import { STATUS } from "./words";

/** All brands, to be found by name, id or somebody's address. */
export function CustomersPage() {
  const trpc = useTRPC();
  const [search, setSearch] = useQueryState("q", { defaultValue: "", throttleMs: 300 });
  const q = useDeferredValue(search.trim().slice(0, 100));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } =
    useInfiniteQuery(
      trpc.admin.customers.infiniteQueryOptions(
        { q },
        { getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined, placeholderData: keepPreviousData },
      ),
    );
  useSessionEnd(error);
  const brands = data?.pages.flatMap(({ customers }) => customers);
  return (
    <div className="grid gap-6">
      <PageTitle title="Brands">
        The newest first. Opening one asks why, and the brand&rsquo;s own log keeps it.
      </PageTitle>
      <Card>
        <div className="flex min-h-16 items-center justify-between gap-4 px-4 md:px-5">
          <SearchField
            label="Search brands"
            placeholder="Name, id or e-mail address"
            value={search}
            onChange={(event) => setSearch(event.target.value || null)}
            className="w-full max-w-80"
          />
          {data && (
            <p className="figures shrink-0 text-12 text-ink-3" aria-live="polite">
              {formatCount(data.pages[0]?.total ?? 0)} {data.pages[0]?.total === 1 ? "brand" : "brands"}
            </p>
          )}
        </div>
        {error && !data && (
          <div className="px-4 pb-4 md:px-5 md:pb-5">
            <QueryError what="The brands" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-80" />}
        {brands && brands.length > 0 && <Rows brands={brands} />}
        {brands?.length === 0 && (
          <EmptyState
            drawing={<NothingFoundDrawing />}
            title={q ? `No brand matches “${q.slice(0, 60)}”` : "No brand yet"}
            action={q && <Button onClick={() => setSearch(null)}>Clear the search</Button>}
          >
            <p>Search by name, address of the brand, a whole id, or part of a member&rsquo;s e-mail address.</p>
          </EmptyState>
        )}
        {hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
              Show more
            </ShowMore>
          </div>
        )}
      </Card>
    </div>
  );
}

const plan = (brand: CustomerRow) =>
  brand.plan === null || brand.status === null ? (
    <span className="text-ink-3">none</span>
  ) : (
    <span className="inline-flex items-center gap-2">
      {brand.plan}
      {brand.status !== "active" && <Badge tone="stopped">{STATUS[brand.status]}</Badge>}
    </span>
  );

function Rows({ brands }: { brands: readonly CustomerRow[] }) {
  return (
    <Table label="Brands">
      <thead>
        <Tr>
          <Th>Brand</Th>
          <Th className="max-md:hidden">Plan</Th>
          <Th className="text-right">Balance</Th>
          <Th className="text-right max-md:hidden">Tokens, 30 days</Th>
          <Th className="text-right max-lg:hidden">Apps</Th>
          <Th className="max-lg:hidden">Last use</Th>
          <Th className="max-lg:hidden">Since</Th>
        </Tr>
      </thead>
      <tbody>
        {brands.map((brand) => (
          <Tr key={brand.id}>
            <RowHead>
              <Link
                href={`/admin/customers/${brand.id}`}
                className="font-medium wrap-anywhere underline decoration-line-control underline-offset-4 hover:decoration-ink"
              >
                {brand.name}
              </Link>
              <span className="block text-12 text-ink-3 md:hidden">{plan(brand)}</span>
            </RowHead>
            <Td className="max-md:hidden">{plan(brand)}</Td>
            <Td className="figures text-right">{brand.balance === null ? "unlimited" : formatCount(brand.balance)}</Td>
            <Td className="figures text-right max-md:hidden">{formatCount(brand.tokens30)}</Td>
            <Td className="figures text-right max-lg:hidden">{formatCount(brand.apps)}</Td>
            <Td className="figures max-lg:hidden">{brand.lastUse ?? <span className="text-ink-3">never</span>}</Td>
            <Td className="figures max-lg:hidden">{brand.createdAt.slice(0, 10)}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
