"use client";

import { type DragEvent, useId, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { formatCount } from "@/components/format";
import { DownloadIcon, OutIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { type ImportView, importView } from "../imports/contract";
import { LARGEST_FILE, MOST_ROWS } from "../imports/rules";
import { saveText } from "./save-file";
import { SAMPLE_CSV } from "./words";

/** Sends a file. @throws Error with a sentence for whoever sent it */
async function send(file: File): Promise<ImportView> {
  if (file.size > LARGEST_FILE) throw new Error("The file is larger than 10 MB. Send it in parts.");
  const away = new Error("Our server could not be reached. Nothing was changed; try again.");
  const answer = await fetch(`/api/upload/products?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: file,
  }).catch(() => {
    throw away;
  });
  const body: unknown = await answer.json().catch(() => null);
  const read = importView.safeParse(body);
  if (answer.ok && read.success) return read.data;
  const message = (body as { error?: { message?: unknown } } | null)?.error?.message;
  throw typeof message === "string" ? new Error(message) : away;
}

/** Where a file is chosen or dropped. What may be sent is said before. */
export function ImportFile({ onSent }: { onSent: (sent: ImportView) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (file: File | undefined) => {
    if (!file || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      onSent(await send(file));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    if (input.current) input.current.value = "";
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <Card>
      <div className="grid gap-4 p-4 md:p-5">
        {problem && (
          <Notice kind="stopped" title="The file was not taken">
            {problem}
          </Notice>
        )}
        <section
          aria-label="File of products"
          className={cx(
            "grid justify-items-center gap-3 rounded-card border border-dashed px-6 py-10 text-center transition-colors",
            over ? "border-accent bg-accent-soft" : "border-line-control",
          )}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <p className="text-16 font-medium">Drop a CSV file here</p>
          <Button
            look="main"
            icon={<OutIcon size={18} />}
            busy={busy}
            aria-describedby={hint}
            onClick={() => input.current?.click()}
          >
            Choose a file
          </Button>
          <input
            ref={input}
            type="file"
            accept=".csv,.tsv,.txt,text/csv"
            aria-label="CSV file"
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => void take(event.target.files?.[0])}
          />
          <p id={hint} className="max-w-prose text-13 text-ink-2">
            At most {LARGEST_FILE / 1024 / 1024} MB and {formatCount(MOST_ROWS)} rows, with the names of the columns in
            the first line. Comma, semicolon or tab; any encoding.
          </p>
        </section>
        <div>
          <Button
            look="quiet"
            size="small"
            icon={<DownloadIcon size={18} />}
            onClick={() => saveText("products-sample.csv", SAMPLE_CSV)}
          >
            Download a sample file
          </Button>
        </div>
      </div>
    </Card>
  );
}
