"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { ImportView } from "../imports/contract";
import { ImportColumns } from "./import-columns";
import { ImportFile } from "./import-file";
import { ImportProgress } from "./import-progress";

/** How often the progress is asked for while rows are being taken in, ms. */
const LOOK_MS = 700;
/** The same for the list of earlier files, one of which may be under way. */
const AGAIN_MS = 3_000;

/**
 * From a file to products: choose it, say which column is what, see what would happen, have it done. Where one stands is in the
 * address, so that a reload or another person comes back to it.
 */
export function ImportPage() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [file, setFile] = useQueryState("file", parseAsString.withOptions({ history: "push" }));
  const report = useQuery(
    trpc.products.importReport.queryOptions(
      { importId: file ?? "" },
      {
        enabled: file !== null,
        retry: false,
        refetchInterval: ({ state }) => (state.data?.import.status === "running" ? LOOK_MS : false),
      },
    ),
  );
  useSessionEnd(report.error);
  const shown = file === null ? null : report.data;
  const again = () => queries.invalidateQueries(trpc.products.importReport.queryFilter());
  return (
    <div className="grid gap-6">
      <PageTitle title="Import products">
        Rows are matched by SKU: new ones are added, others become what the file says. Nothing is deleted.
      </PageTitle>
      {file === null && <ImportFile onSent={(sent) => setFile(sent.id)} />}
      {file !== null && report.error && !shown && (
        <QueryError what="This import" error={report.error} retry={report.refetch} />
      )}
      {file !== null && !shown && !report.error && <Skeleton className="h-96 w-full rounded-card" />}
      {shown?.import.status === "uploaded" && (
        <ImportColumns key={shown.import.id} file={shown.import} onStarted={again} onOther={() => setFile(null)} />
      )}
      {shown && shown.import.status !== "uploaded" && (
        <ImportProgress report={shown} onChanged={again} onOther={() => setFile(null)} />
      )}
      {file === null && <PastImports />}
      <p className="text-13">
        <Link href="/products" className="text-accent-ink underline underline-offset-3">
          Back to the products
        </Link>
      </p>
    </div>
  );
}

const STATUSES: Readonly<
  Record<
    ImportView["status"],
    { readonly name: string; readonly tone: "neutral" | "accent" | "done" | "stopped" | "soon" }
  >
> = {
  uploaded: { name: "Not started", tone: "neutral" },
  running: { name: "Under way", tone: "accent" },
  done: { name: "Done", tone: "done" },
  stopped: { name: "Stopped", tone: "soon" },
  failed: { name: "Failed", tone: "stopped" },
};

/** What was sent lately, with what came of it. */
function PastImports() {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.products.imports.queryOptions(undefined, {
      refetchInterval: ({ state }) =>
        state.data?.imports.some(({ status }) => status === "running") ? AGAIN_MS : false,
    }),
  );
  if (!data || data.imports.length === 0) return null;
  return (
    <Card title="Earlier files">
      <Table label="Earlier files">
        <thead>
          <tr>
            <Th>File</Th>
            <Th className="max-md:hidden">Sent</Th>
            <Th className="text-right">Taken in</Th>
            <Th className="text-right">Not taken</Th>
          </tr>
        </thead>
        <tbody>
          {data.imports.map((one) => (
            <Tr key={one.id}>
              <RowHead>
                <span className="grid justify-items-start gap-1">
                  <Link
                    href={`/products/import?file=${one.id}`}
                    className="font-medium wrap-anywhere underline underline-offset-3"
                  >
                    {one.fileName}
                  </Link>
                  <Badge tone={STATUSES[one.status].tone}>{STATUSES[one.status].name}</Badge>
                </span>
              </RowHead>
              <Td className="text-13 text-ink-2 max-md:hidden">
                <RelativeTime iso={one.createdAt} />
              </Td>
              <Td className="figures text-right">{formatCount(one.taken - one.rejected)}</Td>
              <Td className="figures text-right">{formatCount(one.rejected)}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
