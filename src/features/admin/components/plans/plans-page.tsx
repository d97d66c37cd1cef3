"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { formatCount, formatMoney, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTRPC } from "@/trpc/client";
import type { EditedPlan, EditedPlans } from "../../plans/contract";
import { ReasonDialog } from "../reason-dialog";
import { PlanDialog } from "./plan-dialog";

type Pack = EditedPlans["packs"][number];

/** What is sold: what a plan is called and gives, which packs there are. What they cost stands at Stripe. */
export function PlansPage() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.admin.plans.queryOptions());
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <PageTitle title="Plans">What a plan is called and gives, and which packs are on sale.</PageTitle>
      {error && !data && <QueryError what="The plans" error={error} retry={refetch} />}
      {!data && !error && <Skeleton className="h-96 w-full" />}
      {data && (
        <>
          <Notice kind="info" title="Prices are changed at Stripe">
            What stands here is our copy of what Stripe charges under the lookup key, and a price that somebody pays
            never changes there. A new amount is a new price at Stripe that takes the key over, with the same figure in
            the catalogue that is shipped.
          </Notice>
          <Plans plans={data.plans} />
          <Packs packs={data.packs} />
        </>
      )}
    </div>
  );
}

const Sale = ({ on }: { on: boolean }) => (on ? <Badge tone="done">On sale</Badge> : <Badge>Not on sale</Badge>);

const Price = ({ cents, lookupKey, each }: { cents: number; lookupKey: string | null; each?: string }) => (
  <>
    {formatMoney(cents)}
    {each && <span className="text-ink-3"> {each}</span>}
    {lookupKey && <span className="block font-mono text-12 wrap-anywhere text-ink-3">{lookupKey}</span>}
  </>
);

function Plans({ plans }: { plans: readonly EditedPlan[] }) {
  const [editing, setEditing] = useState<EditedPlan | null>(null);
  return (
    <Card title="Plans">
      <Table label="Plans">
        <thead>
          <Tr>
            <Th>Plan</Th>
            <Th className="max-md:hidden">Price</Th>
            <Th className="text-right max-md:hidden">Brands</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </Tr>
        </thead>
        <tbody>
          {plans.map((plan) => (
            <Tr key={plan.id}>
              <RowHead>
                <span className="flex flex-wrap items-center gap-2 font-medium">
                  {plan.fields.name} <Sale on={plan.onSale} />
                </span>
                <span className="mt-0.5 block text-13">
                  {plan.fields.tokensPerMonth === -1
                    ? "Tokens without end"
                    : `${formatTokens(plan.fields.tokensPerMonth)} a month`}
                  <span className="md:hidden">, {formatMoney(plan.priceCents)}</span>
                </span>
                <span className="block text-12 wrap-anywhere text-ink-3">{plan.fields.features.join(" · ")}</span>
              </RowHead>
              <Td className="figures max-md:hidden">
                <Price
                  cents={plan.priceCents}
                  lookupKey={plan.lookupKey}
                  each={plan.billingCycle === "monthly" ? "a month" : "a year"}
                />
              </Td>
              <Td className="figures text-right max-md:hidden">{formatCount(plan.brands)}</Td>
              <Td className="text-right">
                <Button look="quiet" size="small" onClick={() => setEditing(plan)}>
                  Edit<span className="sr-only"> {plan.fields.name}</span>
                </Button>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      {editing && <PlanDialog key={editing.id} plan={editing} onClose={() => setEditing(null)} />}
    </Card>
  );
}

function Packs({ packs }: { packs: readonly Pack[] }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [target, setTarget] = useState<Pack | null>(null);
  const set = useMutation(
    trpc.admin.setPack.mutationOptions({
      onSuccess: async (_, { onSale }) => {
        toast(onSale ? "The pack is on sale" : "The pack is no longer on sale");
        await queries.invalidateQueries({ queryKey: trpc.admin.plans.queryKey() });
      },
    }),
  );
  const on = target ? !target.onSale : false;
  const name = target ? formatTokens(target.tokens) : "";
  return (
    <Card title="Packs">
      <Table label="Packs">
        <thead>
          <Tr>
            <Th>Pack</Th>
            <Th className="max-md:hidden">Price</Th>
            <Th className="text-right max-md:hidden">Top-ups</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </Tr>
        </thead>
        <tbody>
          {packs.map((pack) => (
            <Tr key={pack.id}>
              <RowHead>
                <span className="flex flex-wrap items-center gap-2 font-medium">
                  {formatTokens(pack.tokens)} <Sale on={pack.onSale} />
                </span>
                <span className="block text-13 md:hidden">{formatMoney(pack.priceCents)}</span>
              </RowHead>
              <Td className="figures max-md:hidden">
                <Price cents={pack.priceCents} lookupKey={pack.lookupKey} />
              </Td>
              <Td className="figures text-right max-md:hidden">{formatCount(pack.topUps)}</Td>
              <Td className="text-right">
                <Button look="quiet" size="small" onClick={() => setTarget(pack)}>
                  {pack.onSale ? "Take off sale" : "Put on sale"}
                  <span className="sr-only"> {formatTokens(pack.tokens)}</span>
                </Button>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      <ReasonDialog
        open={target !== null}
        onClose={() => setTarget(null)}
        title={on ? `Put ${name} on sale?` : `Take ${name} off sale?`}
        description={
          on
            ? "Every brand can buy it at once."
            : `Nobody can buy it from now on; tokens that were bought stay. ${
                target && target.topUps > 0
                  ? `${formatCount(target.topUps)} ${target.topUps === 1 ? "brand tops" : "brands top"} up with it, which pauses meanwhile.`
                  : "No brand tops up with it."
              }`
        }
        maxLength={300}
        look={on ? "main" : "danger"}
        keep="Leave it"
        confirm={on ? "Put on sale" : "Take off sale"}
        failure="Nothing was changed"
        change={set}
        onConfirm={(reason, close) =>
          target && set.mutate({ packId: target.id, onSale: on, reason }, { onSuccess: close })
        }
      />
    </Card>
  );
}
