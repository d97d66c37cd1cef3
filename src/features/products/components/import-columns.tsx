"use client";

import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { SelectField, TextField } from "@/components/field";
import { formatCount } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { currency as currencyCode } from "../contract";
import { FIELDS, type Field, type ImportPreview, type ImportView, mapping as mappingOf } from "../imports/contract";
import { labelOf } from "../imports/rules";
import { Rejections } from "./rejections";

const DELIMITERS: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const ENCODINGS: Readonly<Record<string, string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
  "windows-1252": "Windows-1252",
};

const counted = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;

/** Which column is which field, and what an import would do with them: tried on the whole file as one chooses. */
export function ImportColumns({
  file,
  onStarted,
  onOther,
}: {
  file: ImportView;
  onStarted: () => Promise<unknown>;
  onOther: () => void;
}) {
  const trpc = useTRPC();
  const [fields, setFields] = useState<Partial<Record<Field, number>>>(file.mapping);
  const [currency, setCurrency] = useState(file.currency);
  const mapping = mappingOf.safeParse(fields);
  const code = currencyCode.safeParse(currency.trim().toUpperCase());
  const plan = { importId: file.id, mapping: mapping.data ?? { sku: 0 }, currency: code.data ?? file.currency };
  const ready = mapping.success && code.success;
  const preview = useQuery(
    trpc.products.previewImport.queryOptions(plan, { enabled: ready, placeholderData: keepPreviousData, retry: false }),
  );
  const start = useMutation(trpc.products.startImport.mutationOptions({ onSuccess: onStarted }));
  const assign = (field: Field, column: number | null) => {
    // A column that was another field's is this one's now.
    const rest = Object.entries(fields).filter(([name, at]) => name !== field && at !== column);
    setFields({ ...Object.fromEntries(rest), ...(column === null ? {} : { [field]: column }) });
  };
  // Columns may share a name, or have none.
  const columns = file.header.map((name, at) => ({ at, name: name || `Column ${at + 1}` }));
  const facts = `${counted(file.rows, "row")}, ${counted(file.header.length, "column")}, ${ENCODINGS[file.encoding] ?? file.encoding}, separated by ${DELIMITERS[file.delimiter] ?? file.delimiter}.`;
  return (
    <>
      <Card title={file.fileName}>
        <div className="grid gap-5 px-4 pb-5 md:px-5">
          <p className="text-13 text-ink-2">{facts} Say which column is what; we have guessed.</p>
          <div className="grid grid-cols-2 gap-4 md:grid-cols-3 xl:grid-cols-4">
            {FIELDS.map((field) => (
              <SelectField
                key={field}
                label={labelOf(field)}
                value={fields[field] ?? ""}
                error={field === "sku" && fields.sku === undefined ? "Say which column is the SKU." : undefined}
                onChange={(event) => assign(field, event.target.value === "" ? null : Number(event.target.value))}
              >
                <option value="">Not in the file</option>
                {columns.map(({ at, name }) => (
                  <option key={at} value={at}>
                    {name}
                  </option>
                ))}
              </SelectField>
            ))}
            <TextField
              label="Prices are in"
              hint="Where a cell does not say"
              maxLength={3}
              className="uppercase"
              value={currency}
              error={code.success ? undefined : "Three letters such as EUR."}
              onChange={(event) => setCurrency(event.target.value)}
            />
          </div>
        </div>
      </Card>
      {preview.error && (
        <Notice kind="stopped" title="The file could not be tried">
          {describeFailure(preview.error)}
        </Notice>
      )}
      {ready && !preview.data && !preview.error && <Skeleton className="h-64 w-full rounded-card" />}
      {preview.data && <Preview preview={preview.data} header={file.header} />}
      {start.error && (
        <Notice kind="stopped" title="The import was not started">
          {describeFailure(start.error)}
        </Notice>
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          look="main"
          busy={start.isPending}
          disabled={!ready || !preview.data || preview.isPlaceholderData || preview.data.good === 0}
          onClick={() => start.mutate(plan)}
        >
          {preview.data ? `Import ${counted(preview.data.good, "product")}` : "Import"}
        </Button>
        <Button onClick={onOther}>Choose another file</Button>
      </div>
    </>
  );
}

function Preview({ preview, header }: { preview: ImportPreview; header: readonly string[] }) {
  const { good, bad, known, samples, rejections } = preview;
  return (
    <Card title="What would happen">
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        <p className="figures text-14" aria-live="polite">
          {formatCount(good - known)} new, {formatCount(known)} in the catalogue already, {formatCount(bad)} that cannot
          be taken.
        </p>
        {samples.length > 0 && (
          <ul aria-label="The first rows as they were understood" className="grid gap-2">
            {samples.map(({ line, sku, name, facts }) => (
              <li key={line} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-13">
                <span className="figures w-14 text-12 text-ink-3">Line {line}</span>
                <span className="font-mono text-12 wrap-anywhere">{sku}</span>
                <span className="font-medium wrap-anywhere">{name}</span>
                <span className="wrap-anywhere text-ink-2">{facts.join(" · ")}</span>
              </li>
            ))}
          </ul>
        )}
        {rejections.length > 0 && <Rejections rejections={rejections} header={header} total={bad} />}
      </div>
    </Card>
  );
}
