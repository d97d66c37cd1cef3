"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Id } from "@/components/copy";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { formatCount } from "@/components/format";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { AttemptView } from "../contract";
import { DELIVERY_WORDS, readable } from "./words";

/** One delivery: what was sent, and each attempt with what came back. */
export function DeliveryDialog({
  id,
  canWrite,
  onClose,
}: {
  id: string | null;
  canWrite: boolean;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  // What is shown stays while the dialog fades out.
  const [shown, setShown] = useState(id);
  if (id && id !== shown) setShown(id);
  const { data, error, refetch } = useQuery({
    ...trpc.webhooks.delivery.queryOptions({ id: shown ?? "" }),
    enabled: id !== null,
    refetchInterval: 3_000,
  });
  const again = useMutation(
    trpc.webhooks.replay.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.webhooks.pathFilter());
        toast.success("The event is on its way again");
      },
      onError: (cause) => toast.error(describeFailure(cause)),
    }),
  );
  const words = data && DELIVERY_WORDS[data.status];
  return (
    <Dialog open={id !== null} onOpenChange={(open) => !open && onClose()} title={data?.type ?? "Delivery"}>
      <DialogBody>
        {error && !data && <QueryError what="The delivery" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-64 w-full" />}
        {data && words && (
          <>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-13 text-ink-2">
              <Badge tone={words.tone}>{words.name}</Badge>
              <Id id={data.messageId} what="message id" />
              {data.nextAttemptAt && (
                <span>
                  Next attempt <ClockTime iso={data.nextAttemptAt} />
                </span>
              )}
            </p>
            <Code label="What was sent">{readable(data.body)}</Code>
            <section aria-label="Attempts" className="grid gap-3">
              <h3 className="text-14 font-semibold">Attempts</h3>
              {data.tries.length === 0 && <p className="text-13 text-ink-2">None yet.</p>}
              <ol className="grid gap-4">
                {data.tries.map((each) => (
                  <Attempt key={each.id} attempt={each} />
                ))}
              </ol>
            </section>
          </>
        )}
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
        {canWrite && data && data.type !== "webhook.test" && (
          <Button
            look="main"
            busy={again.isPending}
            disabled={data.status === "pending"}
            onClick={() => again.mutate({ id: data.id })}
          >
            Send again
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

function Attempt({ attempt }: { attempt: AttemptView }) {
  return (
    <li className="grid gap-2 border-l-2 border-line-strong pl-3">
      <p className="flex flex-wrap items-baseline gap-x-3 text-13">
        <span className="font-medium">{attempt.error ?? `It answered ${attempt.status}.`}</span>
        <span className="figures text-12 text-ink-2">
          <ClockTime iso={attempt.attemptedAt} />, took {formatCount(attempt.durationMs)} ms
          {attempt.manual && ", asked for by a person"}
        </span>
      </p>
      {attempt.answer && <Code label="What it answered">{readable(attempt.answer)}</Code>}
    </li>
  );
}

function Code({ label, children }: { label: string; children: string }) {
  return (
    <section aria-label={label} className="grid gap-1.5">
      <h3 className="text-12 text-ink-2">{label}</h3>
      <pre className="rounded-control bg-inset p-3 font-mono text-12 wrap-anywhere whitespace-pre-wrap">{children}</pre>
    </section>
  );
}
