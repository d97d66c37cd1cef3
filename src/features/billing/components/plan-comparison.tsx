"use client";

import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { formatCount, formatMoney } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { CheckIcon } from "@/components/icons/interface";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import type { Tier } from "@/features/plans/rules";
import { TIERS } from "@/features/plans/rules";
import { useTRPC } from "@/trpc/client";
import type { PlansOutput, PlanView } from "../contract";

const rank = (tier: string): number => TIERS.indexOf(tier as Tier);

/** What each plan gives and opens, line by line; the brand's own column stands out. */
export function PlanComparison({ offers }: { offers: PlansOutput }) {
  const trpc = useTRPC();
  const apps = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 })).data?.apps ?? [];
  const { plans, currentPlanId } = offers;
  const cell = (plan: PlanView) =>
    cx("figures max-md:px-1! text-center text-13", plan.id === currentPlanId && "bg-accent-soft");
  return (
    <Card title="What each plan opens">
      <Table label="Plans compared">
        <thead>
          <tr className="[&>th]:border-t">
            <Th>
              <span className="sr-only">What</span>
            </Th>
            {plans.map((plan) => (
              <Th key={plan.id} className="max-md:px-1! text-center">
                {plan.name}
                {plan.id === currentPlanId && <span className="sr-only">, your plan</span>}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Tr>
            <RowHead className="max-md:pr-1! text-13">Tokens a month</RowHead>
            {plans.map((plan) => (
              <Td key={plan.id} className={cell(plan)}>
                {plan.tokensPerMonth === null ? "Unlimited" : formatCount(plan.tokensPerMonth)}
              </Td>
            ))}
          </Tr>
          <Tr>
            <RowHead className="max-md:pr-1! text-13">Price of 1,000 tokens</RowHead>
            {plans.map((plan) => (
              <Td key={plan.id} className={cell(plan)}>
                {plan.tokensPerMonth === null ? (
                  <Dash words="Not by the token" />
                ) : (
                  formatMoney((plan.priceCents / plan.tokensPerMonth) * 1_000)
                )}
              </Td>
            ))}
          </Tr>
          {apps.map((app) => (
            <Tr key={app.id}>
              <RowHead className="max-md:pr-1! text-13">
                <span className="flex items-center gap-2">
                  <AppIcon appId={app.id} size={24} className="max-md:hidden" />
                  {app.name}
                </span>
              </RowHead>
              {plans.map((plan) => (
                <Td key={plan.id} className={cell(plan)}>
                  {rank(plan.id) >= rank(app.tier) ? (
                    <>
                      <CheckIcon size={18} className="mx-auto text-accent-ink" />
                      <span className="sr-only">Included</span>
                    </>
                  ) : (
                    <Dash words="Not included" />
                  )}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
      <p className="px-4 py-3 text-12 text-ink-3 md:px-5">
        Packs can be bought on top of any plan. A token buys the same on all of them.
      </p>
    </Card>
  );
}

function Dash({ words }: { words: string }) {
  return (
    <>
      <span aria-hidden="true" className="text-ink-3">
        –
      </span>
      <span className="sr-only">{words}</span>
    </>
  );
}
