"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { formatDay, formatMoney, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { PlanView, PreviewOutput } from "../contract";
import { useCheckout, useRefreshBilling } from "./use-billing";
import { each, listed, lowered, planTokens } from "./words";

/** What a change of plan would cost, give and take, and the press that makes it so. */
export function PlanDialog({ plan, onClose }: { plan: PlanView | null; onClose: () => void }) {
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(plan);
  if (plan && plan !== shown) setShown(plan);
  if (!shown) return null;
  return (
    <Dialog
      open={plan !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Change to ${shown.name}`}
      description={`${formatMoney(shown.priceCents)} ${each(shown)} for ${lowered(planTokens(shown))}`}
    >
      {plan && <Change key={plan.id} plan={plan} onClose={onClose} />}
    </Dialog>
  );
}

function Change({ plan, onClose }: { plan: PlanView; onClose: () => void }) {
  const trpc = useTRPC();
  const zone = useTimeZone();
  const router = useRouter();
  const refresh = useRefreshBilling();
  // Reckoned for this moment, and charged as it was shown: a later look is another one.
  const preview = useQuery(
    trpc.billing.previewChange.queryOptions(
      { planId: plan.id },
      { staleTime: Number.POSITIVE_INFINITY, gcTime: 0, retry: false },
    ),
  );
  const change = useMutation(
    trpc.billing.changePlan.mutationOptions({
      onSuccess: async ({ kind, at, confirmAt }) => {
        await refresh();
        onClose();
        router.push("/billing");
        // The page says what the bank asks for, and keeps looking.
        if (confirmAt) return;
        toast.success(
          kind === "downgrade" ? `${plan.name} begins on ${formatDay(at, zone)}` : `You are on ${plan.name} now`,
        );
      },
      // Another amount is due by now, or something was changed elsewhere: what is shown must be true again.
      onError: () => preview.refetch(),
    }),
  );
  const { data } = preview;
  // A plan that the brand was given has no subscription behind it: what is bought begins at the checkout.
  const checkout = useCheckout();
  const press = (shown: PreviewOutput): void => {
    const { kind, prorationDate, dueNowCents } = shown;
    if (kind === "subscribe") checkout.mutate({ planId: plan.id });
    else change.mutate({ planId: plan.id, prorationDate, expectedCents: dueNowCents });
  };
  return (
    <>
      <DialogBody>
        {preview.error && !data ? (
          <QueryError what="What would change" error={preview.error} retry={preview.refetch} />
        ) : data ? (
          <Preview data={data} />
        ) : (
          <Skeleton className="h-56 w-full" />
        )}
        {checkout.error && (
          <Notice kind="stopped" title="The checkout could not be opened">
            {describeFailure(checkout.error)}
          </Notice>
        )}
        {change.error && (
          <Notice kind="stopped" title="The plan was not changed">
            {describeFailure(change.error)} The figures above are as of now.
          </Notice>
        )}
      </DialogBody>
      <DialogActions>
        <Button look="quiet" onClick={onClose}>
          Not now
        </Button>
        <Button
          look="main"
          busy={change.isPending || checkout.isPending || preview.isFetching}
          disabled={!data || data.kind === "same"}
          onClick={() => data && press(data)}
        >
          {data ? words(data, plan, zone) : "Change plan"}
        </Button>
      </DialogActions>
    </>
  );
}

function words(data: PreviewOutput, plan: PlanView, zone: string): string {
  switch (data.kind) {
    case "upgrade":
      return data.dueNowCents > 0 ? `Upgrade and pay ${formatMoney(data.dueNowCents)}` : "Upgrade now";
    case "downgrade":
      return `Move on ${formatDay(data.at, zone)}`;
    case "subscribe":
      return "Go to the checkout";
    default:
      return `Stay on ${plan.name}`;
  }
}

function Preview({ data }: { data: PreviewOutput }) {
  const zone = useTimeZone();
  const later = data.kind === "downgrade";
  const when = later ? formatDay(data.at, zone) : "now";
  return (
    <>
      {data.lines.length > 0 && (
        <table className="w-full text-14" aria-label="What is charged now">
          <tbody>
            {data.lines.map((line) => (
              <tr key={`${line.description} ${line.amountCents}`} className="align-top text-ink-2">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  {line.description}
                </th>
                <td className="figures py-1 text-right whitespace-nowrap">{formatMoney(line.amountCents)}</td>
              </tr>
            ))}
            <tr className="font-semibold">
              <th scope="row" className="border-t border-line pt-2 pr-4 text-left">
                Charged now
              </th>
              <td className="figures border-t border-line pt-2 text-right whitespace-nowrap">
                {formatMoney(data.dueNowCents)}
              </td>
            </tr>
          </tbody>
        </table>
      )}
      <dl className="grid gap-2 text-14">
        <Line name="Takes effect">{later ? `On ${when}` : "At once"}</Line>
        {data.tokensNow !== 0 && (
          <Line name="Tokens added now">{data.tokensNow === null ? "Unlimited" : formatTokens(data.tokensNow)}</Line>
        )}
        {data.tokensEnding > 0 && (
          <Line name={`Plan tokens that end ${later ? "then" : "now"}`}>{formatTokens(data.tokensEnding)}</Line>
        )}
        <Line name="Next invoice">
          {formatMoney(data.nextCents)}
          {data.nextAt && ` on ${formatDay(data.nextAt, zone)}`}
        </Line>
      </dl>
      {data.appsOpened.length > 0 && (
        <Notice kind="info" title={`Opens ${listed(data.appsOpened.map((app) => app.name))}`} />
      )}
      {data.appsToPause.length > 0 && (
        <Notice kind="soon" title={`Pauses ${listed(data.appsToPause.map((app) => app.name))}`}>
          {data.plan.name} does not cover {data.appsToPause.length === 1 ? "it" : "them"}. Settings are kept, and your
          shop hides the {data.appsToPause.length === 1 ? "button" : "buttons"}.
        </Notice>
      )}
    </>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4">
      <dt className="text-ink-3">{name}</dt>
      <dd className="figures text-right font-medium">{children}</dd>
    </div>
  );
}
