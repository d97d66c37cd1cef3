"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { formatCount, formatMoney } from "@/components/format";
import { CheckIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import type { PlansOutput, PlanView } from "../contract";
import { PlanComparison } from "./plan-comparison";
import { PlanDialog } from "./plan-dialog";
import { useCheckout } from "./use-billing";

const SKELETONS = ["a", "b", "c"];

/** The plans side by side, and the way from one to another. */
export function PlansPage({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.billing.plans.queryOptions());
  useSessionEnd(error);
  // Who comes from an app that needs a plan finds that plan first.
  const [wished] = useQueryState("plan", parseAsString);
  const [chosen, setChosen] = useState<PlanView | null>(null);
  const checkout = useCheckout();
  const canBuy = canWrite && data?.configured === true;
  // With a plan in force the change is shown first; without one, the checkout shows it.
  const choose = (plan: PlanView) => (data?.currentPlanId ? setChosen(plan) : checkout.mutate({ planId: plan.id }));
  return (
    <div className="grid gap-6">
      <div className="grid gap-3">
        <Link
          href="/billing"
          className="inline-flex min-h-6 items-center justify-self-start text-13 text-ink-2 underline underline-offset-2 hover:text-ink"
        >
          Billing
        </Link>
        <PageTitle title="Plans">
          {canWrite
            ? "A plan adds tokens every month. Up takes effect at once, down at the end of the period you have paid for."
            : "You can compare the plans here. To change yours, ask an admin of your brand."}
        </PageTitle>
      </div>
      {data && !data.configured && (
        <Notice kind="info" title="Payments are not set up here">
          Plans can be compared; nothing can be bought until a payment provider is connected.
        </Notice>
      )}
      {checkout.error && (
        <Notice kind="stopped" title="The checkout could not be opened">
          {describeFailure(checkout.error)}
        </Notice>
      )}
      {error && !data && <QueryError what="The plans" error={error} retry={refetch} />}
      <div className="grid gap-4 md:grid-cols-3">
        {data
          ? data.plans.map((plan) => (
              <PlanColumn
                key={plan.id}
                plan={plan}
                offers={data}
                isWished={plan.id === wished}
                isMain={plan.id === (data.plans.some(({ id }) => id === wished) ? wished : nextUp(data))}
                canBuy={canBuy}
                busy={checkout.isPending && checkout.variables.planId === plan.id}
                onChoose={() => choose(plan)}
              />
            ))
          : !error && SKELETONS.map((each) => <Skeleton key={each} className="h-80 rounded-card" />)}
      </div>
      {data && <PlanComparison offers={data} />}
      {canBuy && <PlanDialog plan={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

/** The plan of this many that costs the next more: the one main action goes to it. */
function nextUp({ plans, currentPlanId }: PlansOutput): string | undefined {
  const price = plans.find((plan) => plan.id === currentPlanId)?.priceCents;
  if (price === undefined) return plans[1]?.id;
  return plans.filter((plan) => plan.priceCents > price).toSorted((a, b) => a.priceCents - b.priceCents)[0]?.id;
}

function PlanColumn({
  plan,
  offers,
  isWished,
  isMain,
  canBuy,
  busy,
  onChoose,
}: {
  plan: PlanView;
  offers: PlansOutput;
  /** Asked for by whoever led here: it comes first where the plans stand below each other. */
  isWished: boolean;
  isMain: boolean;
  canBuy: boolean;
  busy: boolean;
  onChoose: () => void;
}) {
  const current = offers.currentPlanId === plan.id;
  const pending = offers.pendingPlanId === plan.id;
  const currentPrice = offers.plans.find((each) => each.id === offers.currentPlanId)?.priceCents;
  const words =
    currentPrice === undefined
      ? `Choose ${plan.name}`
      : current
        ? `Stay on ${plan.name}`
        : plan.priceCents > currentPrice
          ? `Upgrade to ${plan.name}`
          : `Move to ${plan.name}`;
  const offered = canBuy && !pending && (!current || offers.pendingPlanId !== null);
  return (
    <Card className={cx("flex flex-col", current && "border-accent", isWished && "max-md:order-first")}>
      <div className="flex flex-1 flex-col gap-4 p-5">
        <div className="flex min-h-7 items-center justify-between gap-3">
          <h2 className="text-16 font-semibold">{plan.name}</h2>
          {current && <Badge tone="accent">Your plan</Badge>}
          {pending && <Badge tone="soon">From the next period</Badge>}
        </div>
        <div>
          <p>
            <span className="figures text-28 font-semibold">{formatMoney(plan.priceCents)}</span>{" "}
            <span className="text-14 text-ink-2">a {plan.billingCycle === "yearly" ? "year" : "month"}</span>
          </p>
          <p className="figures text-14 font-medium">
            {plan.tokensPerMonth === null ? "Unlimited tokens" : `${formatCount(plan.tokensPerMonth)} tokens a month`}
          </p>
          <p className="figures min-h-4 text-12 text-ink-3">
            {plan.tokensPerMonth !== null &&
              `${formatMoney((plan.priceCents / plan.tokensPerMonth) * 1_000)} per 1,000 tokens`}
          </p>
        </div>
        <ul className="grid flex-1 content-start gap-1.5 text-14 text-ink-2">
          {plan.features.map((feature) => (
            <li key={feature} className="flex items-start gap-2">
              <CheckIcon size={18} className="mt-px shrink-0 text-accent-ink" />
              {feature}
            </li>
          ))}
        </ul>
        {offered && (
          <Button look={isMain ? "main" : "plain"} busy={busy} onClick={onChoose}>
            {words}
          </Button>
        )}
      </div>
    </Card>
  );
}
