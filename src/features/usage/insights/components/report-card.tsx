"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice } from "@/components/field";
import { formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { longDate, spanWords } from "../../components/words";
import { whyNotMade } from "./words";

/** The report by mail: once now, or each month; what it costs is said before it is asked for. */
export function ReportCard({ days }: { days: { from: string; to: string } }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { data, error, refetch } = useQuery(trpc.insights.reports.queryOptions(undefined, { retry: false }));
  const again = () => queries.invalidateQueries(trpc.insights.reports.queryFilter());
  const send = useMutation(
    trpc.insights.sendReport.mutationOptions({
      onSuccess: ({ tokens }) => {
        setAsking(false);
        toast.success(
          tokens === 0 ? "The report is in the mail again" : `The report is in the mail. ${formatTokens(tokens)} used.`,
        );
      },
      onSettled: again,
    }),
  );
  const subscribe = useMutation(
    trpc.insights.subscribe.mutationOptions({
      // One after the other: of two presses the second one counts.
      scope: { id: "monthly report" },
      onError: (failure) => toast.error(describeFailure(failure)),
      onSettled: again,
    }),
  );
  const close = () => {
    send.reset();
    setAsking(false);
  };
  const made = data?.reports.find(({ from, to, ready }) => ready && from === days.from && to === days.to);
  return (
    <Card title="Report by mail">
      {error && !data && (
        <div className="px-4 pb-5 md:px-5">
          <QueryError what="Your reports" error={error} retry={refetch} />
        </div>
      )}
      {!data && !error && <Skeleton className="mx-4 mb-5 h-64 md:mx-5" />}
      {data && (
        <div className="grid gap-5 px-4 pb-5 md:px-5">
          <div className="grid gap-3">
            <p className="text-13 text-ink-2">
              These figures as a PDF. A report costs {formatTokens(data.price)}, once: the same days sent again cost
              nothing. Looking at this page is free.
            </p>
            <Button ref={button} onClick={() => setAsking(true)}>
              Mail me {spanWords(days)}
            </Button>
          </div>
          <Choice
            type="checkbox"
            title="Each month's report"
            note={`By mail on the first of a month; the next on ${longDate(data.next)}. ${formatTokens(data.price)} each, however many people have it: ${data.readers === 0 ? "so far nobody" : data.readers === 1 ? "1 person" : `${data.readers} people`}.`}
            checked={subscribe.isPending ? subscribe.variables.on : data.subscribed}
            onChange={(event) => subscribe.mutate({ on: event.target.checked })}
          />
          {data.reports.length > 0 && (
            <div className="grid gap-2">
              <h3 className="text-13 font-medium">Reports so far</h3>
              <ul className="divide-y divide-line text-13">
                {data.reports.slice(0, 4).map(({ from, to, ready, tokens, reason }) => (
                  <li key={`${from} ${to}`} className="flex items-baseline justify-between gap-3 py-1.5">
                    <span className="min-w-0 truncate">{spanWords({ from, to })}</span>
                    <span className="figures whitespace-nowrap text-ink-3">
                      {ready ? formatTokens(tokens ?? 0) : whyNotMade(reason)}
                    </span>
                  </li>
                ))}
              </ul>
            </div>
          )}
          <Dialog
            open={asking}
            onOpenChange={(open) => (open ? setAsking(true) : close())}
            title={`Mail me the report of ${spanWords(days)}?`}
            finalFocus={button}
          >
            <DialogBody>
              {send.error && (
                <Notice kind="stopped" title="The report was not sent">
                  {describeFailure(send.error)}
                </Notice>
              )}
              <p className="text-14 text-ink-2">
                {made
                  ? "This report was made already. You are sent the same one, with the figures it was made with; it costs nothing."
                  : `It costs ${formatTokens(data.price)}, once. It is kept as it is made now, and whoever asks for the same days again is sent the same report for nothing.`}
              </p>
            </DialogBody>
            <DialogActions>
              <Button onClick={close}>Not now</Button>
              <Button look="main" busy={send.isPending} onClick={() => send.mutate(days)}>
                {made ? "Send it again" : `Send for ${formatTokens(data.price)}`}
              </Button>
            </DialogActions>
          </Dialog>
          <Link href="/apps/advanced-analytics/configure" className={buttonClass("quiet", "small")}>
            Choose what is in it
          </Link>
        </div>
      )}
    </Card>
  );
}
