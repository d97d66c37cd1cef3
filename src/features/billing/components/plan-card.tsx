"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { formatDay, formatMoney } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { OverviewOutput, PlanView } from "../contract";
import { CancelDialog } from "./cancel-dialog";
import { useRefreshBilling } from "./use-billing";
import { each, listed, lowered, planTokens, STATUSES } from "./words";

/** The plan, how it stands, and what comes next. */
export function PlanCard({ overview, canWrite }: { overview: OverviewOutput | undefined; canWrite: boolean }) {
  const status = overview && STATUSES[overview.status];
  return (
    <Card title="Plan" aside={status && overview.plan && <Badge tone={status.tone}>{status.word}</Badge>}>
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        {!overview ? (
          <Skeleton className="h-44 w-full" />
        ) : overview.plan ? (
          <Current overview={overview} plan={overview.plan} canWrite={canWrite} />
        ) : (
          <NoPlan ended={overview.status === "canceled"} canWrite={canWrite} />
        )}
      </div>
    </Card>
  );
}

function NoPlan({ ended, canWrite }: { ended: boolean; canWrite: boolean }) {
  return (
    <>
      <p className="text-14 text-ink-2">
        {ended
          ? "Your plan has ended. Apps that are on go on with the tokens you have, and packs can still be bought; to turn another app on, choose a plan."
          : "You have no plan. A plan adds tokens every month, at a lower price than packs. Without one you can use every app and pay by the pack."}
      </p>
      {canWrite && (
        <div>
          <Link href="/billing/plans" className={buttonClass("plain")}>
            Compare plans
          </Link>
        </div>
      )}
    </>
  );
}

function Current({ overview, plan, canWrite }: { overview: OverviewOutput; plan: PlanView; canWrite: boolean }) {
  const zone = useTimeZone();
  const [cancelling, setCancelling] = useState(false);
  const { period, nextInvoice, pending, cancelAtPeriodEnd } = overview;
  const over = overview.status === "canceled";
  return (
    <>
      <div>
        <p className="text-20 font-semibold wrap-anywhere">{plan.name}</p>
        <p className="figures text-14 text-ink-2">
          {formatMoney(plan.priceCents)} {each(plan)} for {lowered(planTokens(plan))}
        </p>
      </div>
      <dl className="grid gap-2 text-13">
        {period && (
          <Fact name="This period">
            {formatDay(period.start, zone)} to {formatDay(period.end, zone)}
          </Fact>
        )}
        {!over && (
          <Fact name="Next invoice">
            {nextInvoice ? (
              <>
                <span className="font-medium text-ink">{formatMoney(nextInvoice.amountCents)}</span> on{" "}
                {formatDay(nextInvoice.at, zone)}
              </>
            ) : overview.providerAway ? (
              "Not known now"
            ) : overview.subscribed ? (
              "None"
            ) : (
              "None: the plan was given"
            )}
          </Fact>
        )}
      </dl>
      {cancelAtPeriodEnd && period && (
        <Notice kind="soon" title={`${plan.name} ends on ${formatDay(period.end, zone)}`}>
          It is not charged again. Until then everything goes on as it is; tokens from packs stay.
        </Notice>
      )}
      {pending && (
        <Notice kind="info" title={`${pending.plan.name} from ${formatDay(pending.at, zone)}`}>
          {planTokens(pending.plan)} for {formatMoney(pending.plan.priceCents)}.
          {pending.appsToPause.length > 0 &&
            ` ${listed(pending.appsToPause.map((app) => app.name))} will be paused then.`}
        </Notice>
      )}
      {canWrite && !over && overview.subscribed && (
        <div className="flex flex-wrap gap-2">
          {cancelAtPeriodEnd ? (
            <Resume plan={plan} />
          ) : (
            <>
              {pending && <Keep plan={plan} />}
              <Button onClick={() => setCancelling(true)}>Cancel plan</Button>
            </>
          )}
        </div>
      )}
      <CancelDialog overview={overview} plan={plan} open={cancelling} onClose={() => setCancelling(false)} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4">
      <dt className="text-ink-3">{name}</dt>
      <dd className="figures text-ink-2">{children}</dd>
    </div>
  );
}

/** Takes a cancellation back. */
function Resume({ plan }: { plan: PlanView }) {
  const trpc = useTRPC();
  const refresh = useRefreshBilling();
  const resume = useMutation(
    trpc.billing.resume.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success(`${plan.name} goes on`);
      },
      onError: (error) => toast.error(`${plan.name} was not resumed. ${describeFailure(error)}`),
    }),
  );
  return (
    <Button busy={resume.isPending} onClick={() => resume.mutate()}>
      Resume {plan.name}
    </Button>
  );
}

/** Takes a change back that waits for the period's end. */
function Keep({ plan }: { plan: PlanView }) {
  const trpc = useTRPC();
  const refresh = useRefreshBilling();
  const keep = useMutation(
    trpc.billing.changePlan.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success(`You stay on ${plan.name}`);
      },
      onError: (error) => toast.error(`The change still waits. ${describeFailure(error)}`),
    }),
  );
  return (
    <Button busy={keep.isPending} onClick={() => keep.mutate({ planId: plan.id })}>
      Stay on {plan.name}
    </Button>
  );
}
