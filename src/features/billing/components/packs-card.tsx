"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { formatCount, formatMoney } from "@/components/format";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import type { OverviewOutput, PackView } from "../contract";
import { BuyPackDialog } from "./buy-pack-dialog";
import { useCheckout } from "./use-billing";

const SKELETONS = ["a", "b", "c"];

/** Tokens by the pack: with a card on file at once, else through the checkout. */
export function PacksCard({ overview, canBuy }: { overview: OverviewOutput | undefined; canBuy: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.billing.plans.queryOptions(undefined, { staleTime: 60_000 }));
  const [buying, setBuying] = useState<PackView | null>(null);
  const checkout = useCheckout();
  const card = overview?.paymentMethods.find((method) => method.isDefault) ?? overview?.paymentMethods[0];
  const buy = (pack: PackView) => (card ? setBuying(pack) : checkout.mutate({ packId: pack.id }));
  return (
    <Card title="Buy a pack">
      <div className="grid gap-3 px-4 pb-5 md:px-5">
        {error && !data ? (
          <QueryError what="The packs" error={error} retry={refetch} />
        ) : (
          <ul className="divide-y divide-line">
            {data
              ? data.packs.map((pack) => (
                  <li key={pack.id} className="flex min-h-14 items-center justify-between gap-4 py-2">
                    <span className="min-w-0">
                      <span className="figures block text-16 font-medium">{formatCount(pack.tokens)} tokens</span>
                      <span className="figures text-12 text-ink-3">
                        {formatMoney((pack.priceCents / pack.tokens) * 1_000)} per 1,000 tokens
                      </span>
                    </span>
                    <span className="flex items-center gap-4">
                      <span className="figures text-14">{formatMoney(pack.priceCents)}</span>
                      {canBuy && (
                        <Button
                          busy={checkout.isPending && checkout.variables.packId === pack.id}
                          onClick={() => buy(pack)}
                          aria-label={`Buy ${formatCount(pack.tokens)} tokens`}
                        >
                          Buy
                        </Button>
                      )}
                    </span>
                  </li>
                ))
              : SKELETONS.map((each) => (
                  <li key={each} className="py-2">
                    <Skeleton className="h-10 w-full" />
                  </li>
                ))}
          </ul>
        )}
        {checkout.error && (
          <p role="alert" className="text-13 text-red">
            {describeFailure(checkout.error)}
          </p>
        )}
        <p className="text-12 text-ink-3">
          A pack&rsquo;s tokens last {data ? formatCount(data.packExpiryDays) : "365"} days, stay when a plan ends, and
          are spent after the plan&rsquo;s.
        </p>
      </div>
      {canBuy && card && <BuyPackDialog pack={buying} card={card} onClose={() => setBuying(null)} />}
    </Card>
  );
}
