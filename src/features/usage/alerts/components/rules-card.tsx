"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { CheckIcon, SoonIcon } from "@/components/icons/interface";
import { describeFailure } from "@/components/query-error";
import { RelativeTime } from "@/components/time";
import { UNDO_MS } from "@/components/toaster";
import { KIND_NAMES } from "@/features/notifications/rules";
import { useTRPC } from "@/trpc/client";
import { ALERT_KINDS, type AlertRule, type AlertsOutput } from "../contract";
import { ABOUT, conditionOf } from "./words";

/** The rules, by what they look at, each with where it stands. */
export function RulesCard({ data, canWrite }: { data: AlertsOutput; canWrite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries(trpc.alerts.overview.queryFilter());
  const failed = (failure: unknown) => toast.error(describeFailure(failure));
  const set = useMutation(trpc.alerts.setRule.mutationOptions({ onError: failed, onSettled: refresh }));
  const add = useMutation(trpc.alerts.addRule.mutationOptions({ onError: failed, onSettled: refresh }));
  const test = useMutation(
    trpc.alerts.test.mutationOptions({
      onSuccess: () => toast.success("An example is on its way to you alone"),
      onError: failed,
      onSettled: () => queries.invalidateQueries(trpc.notifications.pathFilter()),
    }),
  );
  const remove = useMutation(
    trpc.alerts.removeRule.mutationOptions({
      onSuccess: (_, { id }) => {
        const gone = data.rules.find((rule) => rule.id === id);
        toast.success("The alert was removed", {
          duration: UNDO_MS,
          action: gone && {
            label: "Undo",
            onClick: () => add.mutate({ kind: gone.kind, threshold: gone.threshold, enabled: gone.enabled }),
          },
        });
      },
      onError: failed,
      onSettled: refresh,
    }),
  );
  if (data.rules.length === 0) {
    return (
      <Card>
        <EmptyState drawing={<NothingHereDrawing />} title="No alert yet">
          <p>
            {data.asOf
              ? "Nobody is told of anything. Add an alert to hear before tokens run out."
              : "The usual ones are set up within a minute: shares of the plan, low balance, forecast and the others."}
          </p>
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card>
      {ALERT_KINDS.map((kind) => {
        const own = data.rules.filter((rule) => rule.kind === kind);
        if (own.length === 0) return null;
        return (
          <section
            key={kind}
            aria-label={KIND_NAMES[kind]}
            className="border-b border-line px-4 py-3.5 last:border-b-0 md:px-5"
          >
            <h2 className="text-14 font-semibold">{KIND_NAMES[kind]}</h2>
            <p className="max-w-prose text-12 text-ink-2">
              {ABOUT[kind]}
              {kind === "unusual" &&
                !data.unusualReady &&
                " Your brand has not been in use for two weeks yet; until then it is silent."}
            </p>
            <ul className="mt-1.5 grid">
              {own.map((rule) => (
                <RuleRow
                  key={rule.id}
                  rule={rule}
                  canWrite={canWrite}
                  onSet={(enabled) => set.mutate({ id: rule.id, enabled })}
                  testing={test.isPending && test.variables.id === rule.id}
                  onTest={() => test.mutate({ id: rule.id })}
                  onRemove={() => remove.isPending || remove.mutate({ id: rule.id })}
                />
              ))}
            </ul>
          </section>
        );
      })}
    </Card>
  );
}

function RuleRow({
  rule,
  canWrite,
  onSet,
  testing,
  onTest,
  onRemove,
}: {
  rule: AlertRule;
  canWrite: boolean;
  onSet: (enabled: boolean) => void;
  testing: boolean;
  onTest: () => void;
  onRemove: () => void;
}) {
  const condition = conditionOf(rule.kind, rule.threshold);
  return (
    <li className="flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-0.5 py-1">
      <span className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
        <span className={cx("text-14", !rule.enabled && "text-ink-2")}>{condition}</span>
        <State rule={rule} />
      </span>
      {canWrite && (
        <span className="flex items-center max-md:-ml-2.5">
          <Button look="quiet" size="small" busy={testing} onClick={onTest} aria-label={`Test: ${condition}`}>
            Test
          </Button>
          <Button
            look="quiet"
            size="small"
            onClick={() => onSet(!rule.enabled)}
            aria-label={`Turn ${rule.enabled ? "off" : "on"}: ${condition}`}
          >
            {rule.enabled ? "Turn off" : "Turn on"}
          </Button>
          <Button look="quiet" size="small" onClick={onRemove} aria-label={`Remove: ${condition}`}>
            Remove
          </Button>
        </span>
      )}
    </li>
  );
}

function State({ rule }: { rule: AlertRule }) {
  if (!rule.enabled) return <Badge>Off</Badge>;
  if (rule.since === null) {
    return (
      <Badge tone="done" icon={<CheckIcon size={14} />}>
        All well
      </Badge>
    );
  }
  return (
    <>
      <Badge tone="soon" icon={<SoonIcon size={14} />}>
        Crossed
      </Badge>
      <RelativeTime iso={rule.since} className="figures text-12 text-ink-3" />
    </>
  );
}
