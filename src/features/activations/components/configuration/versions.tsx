"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import type { Configuration, ConfigurationSchema } from "@/features/catalog/dialect/contract";
import { readable } from "@/features/catalog/dialect/rules";
import { useTRPC } from "@/trpc/client";
import type { ConfigurationVersion } from "../../configuration/contract";
import { differences } from "../../configuration/rules";

/** Every version that was published; each can be compared with what is in force and brought back. */
export function Versions({
  appId,
  schema,
  published,
  current,
  busy,
  losing,
  onRestore,
}: {
  appId: string;
  schema: ConfigurationSchema;
  published: Configuration;
  current: number;
  busy: boolean;
  /** What bringing a version back takes with it, in a sentence; null where nothing waits to be published. */
  losing: string | null;
  /** Absent for who may only look. */
  onRestore?: ((version: ConfigurationVersion) => void) | undefined;
}) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.activations.versions.queryOptions({ appId }));
  const [open, setOpen] = useState<ConfigurationVersion | null>(null);
  const [shown, setShown] = useState(open);
  // The words stay while the dialog fades out.
  if (open && open !== shown) setShown(open);
  const changes = shown ? differences(schema, published, shown.configuration) : [];
  return (
    <Card title="Versions">
      {error && !data && (
        <div className="px-4 pb-4 md:px-5">
          <QueryError what="The versions" error={error} retry={refetch} />
        </div>
      )}
      {!data && !error && <Skeleton className="mx-5 mb-5 h-16" />}
      {data?.versions.length === 0 && (
        <p className="px-4 pb-5 text-13 text-ink-2 md:px-5">Nothing is published yet; shoppers see the defaults.</p>
      )}
      <ol className="grid px-4 pb-3 md:px-5">
        {data?.versions.map((version) => (
          <li key={version.version} className="flex min-h-12 items-center gap-4 border-t border-line py-2 text-13">
            <span className="min-w-0 flex-1">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="figures font-medium">Version {version.version}</span>
                {version.version === current && <Badge tone="done">In force</Badge>}
                {version.restoredFrom !== null && (
                  <span className="text-12 text-ink-3">brought version {version.restoredFrom} back</span>
                )}
              </span>
              <span className="block text-12 text-ink-2">
                {version.by}, <RelativeTime iso={version.at} />
              </span>
            </span>
            {version.version !== current && (
              <Button
                size="small"
                look="quiet"
                onClick={() => setOpen(version)}
                aria-label={`Compare version ${version.version}`}
              >
                Compare
              </Button>
            )}
          </li>
        ))}
      </ol>
      <Dialog
        open={open !== null}
        onOpenChange={(next) => !next && setOpen(null)}
        title={`Version ${shown?.version ?? ""} beside what is in force`}
      >
        <DialogBody>
          {changes.length === 0 ? (
            <p className="text-14 text-ink-2">Both say the same.</p>
          ) : (
            <table className="w-full table-fixed text-left text-13">
              <thead>
                <tr className="text-12 text-ink-3">
                  <th scope="col" className="w-2/5 pb-2 font-medium">
                    Field
                  </th>
                  <th scope="col" className="pb-2 font-medium">
                    In force
                  </th>
                  <th scope="col" className="pb-2 font-medium">
                    Version {shown?.version}
                  </th>
                </tr>
              </thead>
              <tbody>
                {changes.map((change) => (
                  <tr key={change.path} className="align-top">
                    <th scope="row" className="border-t border-line py-2 pr-3 font-normal text-ink-2">
                      {change.title}
                    </th>
                    <td className="border-t border-line py-2 pr-3 wrap-anywhere">{inWords(change.before)}</td>
                    <td className="border-t border-line py-2 font-medium wrap-anywhere">{inWords(change.after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {onRestore && changes.length > 0 && losing && (
            <p className="border-l-2 border-amber pl-3 text-13 text-ink-2">{losing}</p>
          )}
        </DialogBody>
        <DialogActions>
          <Button onClick={() => setOpen(null)}>Close</Button>
          {onRestore && changes.length > 0 && (
            <Button
              look="main"
              busy={busy}
              onClick={() => {
                if (shown) onRestore(shown);
                setOpen(null);
              }}
            >
              Bring version {shown?.version} back
            </Button>
          )}
        </DialogActions>
      </Dialog>
    </Card>
  );
}

/** A value as a person reads it; lists of groups as JSON, which is at least exact. */
function inWords(value: unknown): string {
  if (value === undefined) return "not there";
  if (value === "") return "empty";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) {
    if (value.length === 0) return "none";
    return value.every((entry) => typeof entry === "string") ? value.map(readable).join(", ") : JSON.stringify(value);
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
