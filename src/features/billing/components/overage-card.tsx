"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Choice, ChoiceGroup, SelectField, TextField, toFirstWrong } from "@/components/field";
import { formatDay, formatMoney, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { OverageOutput, PlansOutput } from "../contract";
import { type Caps, draftOf, limitReached, type OverageDraft, type OverageField, read } from "./overage-draft";
import { OveragePreview } from "./overage-preview";
import { useRefreshBilling } from "./use-billing";

const COOLDOWNS: readonly (readonly [minutes: number, words: string])[] = [
  [5, "5 minutes"],
  [60, "1 hour"],
  [360, "6 hours"],
  [1_440, "1 day"],
  [10_080, "1 week"],
];

/** What happens when tokens run out, in plain words, with what it would have meant last month. */
export function OverageCard({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const overage = useQuery(trpc.billing.overage.queryOptions());
  const caps = useQuery(trpc.metering.caps.queryOptions({ mode: "live" }));
  const plans = useQuery(trpc.billing.plans.queryOptions(undefined, { staleTime: 60_000 }));
  const error = overage.error ?? caps.error ?? plans.error;
  const all = caps.data?.caps.find((cap) => cap.scope === "*") ?? { daily: null, monthly: null };
  return (
    <Card title="When tokens run out">
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        {overage.data && caps.data && plans.data ? (
          <Form
            saved={overage.data}
            caps={{ daily: all.daily, monthly: all.monthly }}
            plans={plans.data}
            canWrite={canWrite}
          />
        ) : error ? (
          <QueryError
            what="Your settings"
            error={error}
            retry={() => void Promise.all([overage.refetch(), caps.refetch(), plans.refetch()])}
          />
        ) : (
          <Skeleton className="h-96 w-full" />
        )}
      </div>
    </Card>
  );
}

interface FormProps {
  saved: OverageOutput;
  caps: Caps;
  plans: PlansOutput;
  canWrite: boolean;
}

function Form({ saved, caps, plans, canWrite }: FormProps) {
  const zone = useTimeZone();
  const start = draftOf(saved, caps, plans.packs[0]?.id ?? "");
  // Only what was touched here is kept: whatever is saved elsewhere meanwhile shows in the other fields.
  const [edits, setEdits] = useState<Partial<OverageDraft>>({});
  const draft = { ...start, ...edits };
  const edit = (some: Partial<OverageDraft>) => setEdits((before) => ({ ...before, ...some }));
  const [pressed, setPressed] = useState(false);
  const pack = plans.packs.find((each) => each.id === draft.packId);
  const result = read(draft, pack?.priceCents);
  const errors = pressed ? result.errors : {};
  const changed = JSON.stringify(draft) !== JSON.stringify(start);
  const save = useSave(caps);
  const field = (name: OverageField) => ({
    value: draft[name],
    onChange: (event: { target: { value: string } }) => edit({ [name]: event.target.value }),
    error: errors[name],
    disabled: !canWrite,
  });
  return (
    <form
      className="grid gap-x-8 gap-y-5 lg:grid-cols-12 lg:items-start"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (!("input" in result)) return toFirstWrong(event.currentTarget);
        if (save.isPending) return;
        save.mutate({ input: result.input, caps: result.caps }, { onSuccess: () => setEdits({}) });
      }}
    >
      <div className="grid gap-5 lg:col-span-8">
        {saved.stopped && (
          <Notice kind="stopped" title="Auto top-up has stopped">
            {saved.stopped.reason && `${saved.stopped.reason}. `}It has bought nothing since{" "}
            {formatDay(saved.stopped.at, zone)}. Check the card, then save these settings to start it again.
          </Notice>
        )}
        {limitReached(saved, plans.packs) && (
          <Notice kind="soon" title="This month&rsquo;s limit is reached">
            Auto top-up has spent {formatMoney(saved.thisMonthCents)}, and one more pack would pass the limit. It buys
            again from the first of next month, UTC, or once the limit is raised.
          </Notice>
        )}
        <ChoiceGroup legend="At zero">
          <div className="grid gap-2 md:grid-cols-2">
            <Choice
              type="radio"
              name="overage"
              checked={draft.mode === "stop"}
              disabled={!canWrite}
              onChange={() => edit({ mode: "stop" })}
              title="Stop"
              note="Widgets take no new shoppers and say so. Your shop goes on. Nothing is ever charged without you."
            />
            <Choice
              type="radio"
              name="overage"
              checked={draft.mode === "top_up"}
              disabled={!canWrite}
              onChange={() => edit({ mode: "top_up" })}
              title="Buy a pack before that"
              note="Auto top-up charges your card, never more a month than you say, and stops after a refused charge."
            />
          </div>
        </ChoiceGroup>
        {draft.mode === "top_up" && (
          <div className="grid gap-4 md:grid-cols-2">
            <TextField label="When the balance falls to (tokens)" inputMode="numeric" {...field("threshold")} />
            <SelectField label="Buy" {...field("packId")}>
              {plans.packs.map((each) => (
                <option key={each.id} value={each.id}>
                  {formatTokens(each.tokens)} for {formatMoney(each.priceCents)}
                </option>
              ))}
            </SelectField>
            <TextField
              label="At most a month (US dollars)"
              inputMode="decimal"
              hint={`${formatMoney(saved.thisMonthCents)} so far this month, UTC`}
              {...field("monthlyLimit")}
            />
            <SelectField label="Wait between two top-ups" {...field("cooldown")}>
              {withOther(draft).map(([minutes, words]) => (
                <option key={minutes} value={String(minutes)}>
                  {words}
                </option>
              ))}
            </SelectField>
          </div>
        )}
        <fieldset className="grid gap-3">
          <legend className="mb-1.5 text-13 font-medium">Warnings and caps</legend>
          <div className="grid gap-4 md:grid-cols-2">
            <TextField
              label="Mail me when the balance falls to (tokens)"
              inputMode="numeric"
              hint="Empty: never."
              {...field("low")}
            />
            <span className="max-md:hidden" />
            <TextField
              label="Mail me when a day uses (tokens)"
              inputMode="numeric"
              hint="Empty: never. Days and months are UTC."
              {...field("alertDaily")}
            />
            <TextField
              label="Stop when a day uses (tokens)"
              inputMode="numeric"
              hint="Empty: no cap. Widgets pause until the next day."
              {...field("stopDaily")}
            />
            <TextField label="Mail me when a month uses (tokens)" inputMode="numeric" {...field("alertMonthly")} />
            <TextField label="Stop when a month uses (tokens)" inputMode="numeric" {...field("stopMonthly")} />
          </div>
        </fieldset>
      </div>
      <div className="grid gap-5 lg:sticky lg:top-6 lg:col-span-4">
        <OveragePreview input={"input" in result ? result.input : undefined} packs={plans.packs} />
        {save.error && (
          <Notice
            kind="stopped"
            title={
              save.error instanceof CapsNotSaved ? "Saved, but for what stops uses" : "The settings were not saved"
            }
          >
            {describeFailure(save.error instanceof CapsNotSaved ? save.error.cause : save.error)}
          </Notice>
        )}
        {canWrite && (
          <div className="flex flex-wrap gap-2">
            <Button type="submit" busy={save.isPending} disabled={!changed && !saved.stopped}>
              Save settings
            </Button>
            {changed && (
              <Button
                look="quiet"
                onClick={() => {
                  setEdits({});
                  setPressed(false);
                }}
              >
                Discard
              </Button>
            )}
          </div>
        )}
      </div>
    </form>
  );
}

/** The usual pauses, and the one that is saved where it is none of them. */
function withOther({ cooldown }: OverageDraft): readonly (readonly [number, string])[] {
  const minutes = Number(cooldown);
  return COOLDOWNS.some(([usual]) => usual === minutes) ? COOLDOWNS : [[minutes, `${minutes} minutes`], ...COOLDOWNS];
}

/** The settings are saved and the caps are not; `cause` says why. */
class CapsNotSaved extends Error {}

/**
 * Saves what is asked for, the caps only where they differ: to change them opens the account anew. They come last, so that
 * settings that are refused, for want of a card say, have stopped nothing.
 */
function useSave(before: Caps) {
  const trpc = useTRPC();
  const refresh = useRefreshBilling();
  const setCap = useMutation(trpc.metering.setCap.mutationOptions());
  const setOverage = useMutation(trpc.billing.setOverage.mutationOptions());
  return useMutation({
    mutationFn: async ({ input, caps }: { input: Parameters<typeof setOverage.mutateAsync>[0]; caps: Caps }) => {
      await setOverage.mutateAsync(input);
      if (caps.daily === before.daily && caps.monthly === before.monthly) return;
      await setCap.mutateAsync({ mode: "live", scope: "*", ...caps }).catch((cause: unknown) => {
        throw new CapsNotSaved("The caps were not saved", { cause });
      });
    },
    onSuccess: async () => {
      toast.success("Saved");
      await refresh();
    },
    onError: async (error) => {
      if (error instanceof CapsNotSaved) await refresh();
    },
  });
}
