"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { announce } from "@/components/announcer";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { DownloadIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { ImportView, Rejection } from "../imports/contract";
import { Rejections } from "./rejections";
import { saveText } from "./save-file";

const TITLES: Readonly<Record<ImportView["status"], string>> = {
  uploaded: "Not started",
  running: "Rows are being taken in",
  done: "The file is taken in",
  stopped: "The import was stopped",
  failed: "The import could not go on",
};

/** How far an import is, and what came of it. It goes on without this page. */
export function ImportProgress({
  report,
  onChanged,
  onOther,
}: {
  report: { import: ImportView; rejections: Rejection[] };
  onChanged: () => Promise<unknown>;
  onOther: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { import: one, rejections } = report;
  const running = one.status === "running";
  const stop = useMutation(
    trpc.products.stopImport.mutationOptions({
      onSuccess: onChanged,
      onError: (error) => void toast.error(describeFailure(error)),
    }),
  );
  const over = `${TITLES[one.status]}: ${formatCount(one.created)} added, ${formatCount(one.updated)} changed, ${formatCount(one.rejected)} not taken.`;
  useEffect(() => {
    if (running) return;
    announce(over);
    void queries.invalidateQueries(trpc.products.list.queryFilter());
  }, [running, over, queries, trpc]);
  return (
    <Card title={one.fileName}>
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        <div className="grid gap-2">
          <h2 className="text-16 font-medium">{TITLES[one.status]}</h2>
          <div
            role="progressbar"
            aria-label="Rows taken in"
            aria-valuemin={0}
            aria-valuemax={one.rows}
            aria-valuenow={one.taken}
            className="h-2 overflow-hidden rounded-full bg-inset"
          >
            <div
              className="h-full origin-left bg-accent motion-safe:transition-transform"
              style={{ transform: `scaleX(${one.rows === 0 ? 0 : one.taken / one.rows})` }}
            />
          </div>
          <p className="figures text-13 text-ink-2">
            {formatCount(one.taken)} of {formatCount(one.rows)} rows.{" "}
            {running && "You may leave this page; it goes on."}
          </p>
        </div>
        {one.problem && (
          <Notice kind="stopped" title="The import could not go on">
            {one.problem}
          </Notice>
        )}
        <dl className="grid grid-cols-2 gap-4 md:grid-cols-4">
          {(
            [
              ["Added", one.created],
              ["Changed", one.updated],
              ["As they were", one.unchanged],
              ["Not taken", one.rejected],
            ] as const
          ).map(([name, value]) => (
            <div key={name} className="grid gap-0.5">
              <dt className="text-12 text-ink-3">{name}</dt>
              <dd className="figures text-20 font-semibold">{formatCount(value)}</dd>
            </div>
          ))}
        </dl>
        {rejections.length > 0 && <Rejections rejections={rejections} header={one.header} total={one.rejected} />}
        <div className="flex flex-wrap gap-2">
          {running ? (
            <Button busy={stop.isPending} onClick={() => stop.mutate({ importId: one.id })}>
              Stop
            </Button>
          ) : (
            <>
              <Link href="/products" className={buttonClass("main")}>
                See the products
              </Link>
              {one.rejected > 0 && <SaveRejections importId={one.id} />}
              <Button onClick={onOther}>Import another file</Button>
            </>
          )}
        </div>
      </div>
    </Card>
  );
}

/** All refused rows, with the file's own columns: to be mended and sent again. */
function SaveRejections({ importId }: { importId: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { fileName, text } = await queries.fetchQuery(trpc.products.rejectionsFile.queryOptions({ importId }));
      saveText(fileName, text);
    } catch (error) {
      toast.error(describeFailure(error));
    }
    setBusy(false);
  };
  return (
    <Button icon={<DownloadIcon size={18} />} busy={busy} onClick={save}>
      Save the rows that were not taken
    </Button>
  );
}
