"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Choice, SelectField, TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { AlertsOutput } from "../contract";
import { clockOf, minutesOf } from "./words";

/** When mails and chat messages may come: quiet hours and the hour of the digest, by the brand's clock. */
export function WhenCard({ data, canWrite }: { data: AlertsOutput; canWrite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [quiet, setQuiet] = useState(data.quiet !== null);
  const [from, setFrom] = useState(clockOf(data.quiet?.from ?? 22 * 60));
  const [to, setTo] = useState(clockOf(data.quiet?.to ?? 7 * 60));
  const [hour, setHour] = useState(data.digestHour);
  const save = useMutation(
    trpc.alerts.setSettings.mutationOptions({
      onSuccess: async () => {
        toast.success("Saved");
        await queries.invalidateQueries(trpc.alerts.overview.queryFilter());
      },
    }),
  );
  const [start, end] = [minutesOf(from), minutesOf(to)];
  const wrong = quiet && (start === null || end === null || start === end);
  const wanted = quiet && start !== null && end !== null ? { from: start, to: end } : null;
  const changed = JSON.stringify([wanted, hour]) !== JSON.stringify([data.quiet, data.digestHour]) || wrong;
  return (
    <Card title="When">
      <form
        className="grid gap-4 px-4 pb-5 md:px-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong && !save.isPending) save.mutate({ quiet: wanted, digestHour: hour });
        }}
      >
        <Choice
          type="checkbox"
          title="Quiet hours"
          note="Mails and chat messages wait until they are over. What has stopped comes at once all the same."
          checked={quiet}
          disabled={!canWrite}
          onChange={(event) => setQuiet(event.target.checked)}
        />
        {quiet && (
          <div className="grid grid-cols-2 gap-3">
            <TextField
              label="From"
              type="time"
              value={from}
              disabled={!canWrite}
              onChange={(e) => setFrom(e.target.value)}
            />
            <TextField
              label="To"
              type="time"
              value={to}
              disabled={!canWrite}
              error={wrong ? "Two different times are needed." : undefined}
              onChange={(e) => setTo(e.target.value)}
            />
          </div>
        )}
        <SelectField
          label="Daily digests go out at"
          value={String(hour)}
          disabled={!canWrite}
          onChange={(event) => setHour(Number(event.target.value))}
        >
          {Array.from({ length: 24 }, (_, at) => (
            <option key={clockOf(at * 60)} value={String(at)}>
              {clockOf(at * 60)}
            </option>
          ))}
        </SelectField>
        <p className="text-12 text-ink-3">By your brand&rsquo;s clock, {data.timeZone.replaceAll("_", " ")}.</p>
        {save.error && (
          <Notice kind="stopped" title="It was not saved">
            {describeFailure(save.error)}
          </Notice>
        )}
        {canWrite && (
          <Button type="submit" busy={save.isPending} disabled={!changed} className="justify-self-start">
            Save
          </Button>
        )}
        <p className="border-t border-line pt-3 text-13 text-ink-2">
          Whether you are mailed, and of what,{" "}
          <Link href="/notifications/preferences" className="text-accent-ink underline underline-offset-2">
            you choose for yourself
          </Link>
          .
        </p>
      </form>
    </Card>
  );
}
