"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { SelectField, TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime } from "@/components/time";
import { UNDO_MS } from "@/components/toaster";
import { useTRPC } from "@/trpc/client";
import type { Banner } from "../banners/contract";

const HOURS = [1, 4, 12, 24, 72, 168] as const;
const KINDS = { info: "News", soon: "Something is coming", stopped: "Something does not work" } as const;

/** What all brands are told above their pages. */
export function BannersPage() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.admin.banners.queryOptions());
  useSessionEnd(error);
  const again = () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
  const takeDown = useMutation(
    trpc.admin.takeDownBanner.mutationOptions({
      onSuccess: () => toast("The banner is down"),
      onError: (failure) => toast.error(describeFailure(failure)),
      onSettled: again,
    }),
  );
  return (
    <div className="grid gap-6">
      <PageTitle title="Banners">What every brand reads above its pages, for a time.</PageTitle>
      <PutUp onDone={again} />
      <Card title="Put up so far">
        {error && !data && (
          <div className="px-4 pb-5 md:px-5">
            <QueryError what="The banners" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-24" />}
        {data?.banners.length === 0 && <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">None yet.</p>}
        {data && data.banners.length > 0 && (
          <Table label="Banners">
            <thead>
              <Tr>
                <Th>Banner</Th>
                <Th className="max-md:hidden">Until</Th>
                <Th>
                  <span className="sr-only">Actions</span>
                </Th>
              </Tr>
            </thead>
            <tbody>
              {data.banners.map((banner) => (
                <Row
                  key={banner.id}
                  banner={banner}
                  busy={takeDown.isPending && takeDown.variables.id === banner.id}
                  onEnd={() => takeDown.mutate({ id: banner.id })}
                />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </div>
  );
}

function Row({ banner, busy, onEnd }: { banner: Banner; busy: boolean; onEnd: () => void }) {
  const up = Date.parse(banner.endsAt) > Date.now();
  return (
    <Tr>
      <RowHead className="wrap-anywhere">
        {banner.text}
        <span className="mt-1 flex items-center gap-2 text-12 text-ink-3">
          {up && <Badge tone="done">Up</Badge>}
          {KINDS[banner.kind]}
        </span>
      </RowHead>
      <Td className="max-md:hidden">
        <ClockTime iso={banner.endsAt} />
      </Td>
      <Td className="text-right">
        {up && (
          <Button look="quiet" size="small" busy={busy} onClick={onEnd}>
            Take down<span className="sr-only">: {banner.text}</span>
          </Button>
        )}
      </Td>
    </Tr>
  );
}

function PutUp({ onDone }: { onDone: () => void }) {
  const trpc = useTRPC();
  const [text, setText] = useState("");
  const [kind, setKind] = useState<Banner["kind"]>("info");
  const [hours, setHours] = useState<number>(HOURS[1]);
  const [wrong, setWrong] = useState(false);
  const takeDown = useMutation(
    trpc.admin.takeDownBanner.mutationOptions({
      onSuccess: () => {
        toast("The banner is down");
        onDone();
      },
      onError: (failure) => toast.error(describeFailure(failure)),
    }),
  );
  const putUp = useMutation(
    trpc.admin.putUpBanner.mutationOptions({
      onSuccess: ({ id }) => {
        toast("The banner is up", {
          duration: UNDO_MS,
          action: { label: "Undo", onClick: () => takeDown.mutate({ id }) },
        });
        setText("");
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const short = text.trim().length < 5;
    setWrong(short);
    if (short) return;
    const now = Date.now();
    const at = (ms: number) => new Date(ms).toISOString();
    putUp.mutate({ text, kind, startsAt: at(now), endsAt: at(now + hours * 3_600_000) });
  };
  return (
    <Card title="Tell all brands">
      <form onSubmit={submit} className="grid gap-4 px-4 pb-5 md:grid-cols-[minmax(0,1fr)_14rem_10rem] md:px-5">
        {putUp.error && (
          <div className="md:col-span-3">
            <Notice kind="stopped" title="The banner is not up">
              {describeFailure(putUp.error)}
            </Notice>
          </div>
        )}
        <TextField
          label="Text"
          maxLength={300}
          value={text}
          onChange={(event) => setText(event.target.value)}
          {...(wrong && { error: "At least 5 characters." })}
        />
        <SelectField label="Kind" value={kind} onChange={(event) => setKind(event.target.value as Banner["kind"])}>
          {Object.entries(KINDS).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField label="For" value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          {HOURS.map((value) => (
            <option key={value} value={value}>
              {value < 24 ? `${value} h` : `${value / 24} d`}
            </option>
          ))}
        </SelectField>
        {text.trim().length >= 5 && (
          <div className="grid gap-1.5 md:col-span-3">
            <p className="text-13 font-medium">As every brand will read it</p>
            <Notice kind={kind} title={text.trim()} />
          </div>
        )}
        <div className="md:col-span-3">
          <Button look="main" type="submit" busy={putUp.isPending}>
            Put it up
          </Button>
        </div>
      </form>
    </Card>
  );
}
