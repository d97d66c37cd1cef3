"use client";

import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/card";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { HistoryEntry } from "../contract";

const WORDS: Readonly<Record<string, string>> = {
  "app.activated": "turned it on",
  "app.paused": "paused it",
  "app.resumed": "had it go on",
  "app.deactivated": "turned it off",
  "app.draft_discarded": "threw a draft away",
};

function told({ action, details }: HistoryEntry): string {
  if (action !== "app.configured") return WORDS[action] ?? action.replace(/^app\./, "").replaceAll("_", " ");
  const from = typeof details.restoredFrom === "number" ? `, bringing version ${details.restoredFrom} back` : "";
  return `published version ${String(details.version)}${from}`;
}

/** Who did what to the app, from the audit log. */
export function AppHistory({ appId }: { appId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.activations.history.queryOptions({ appId }));
  return (
    <Card title="History">
      {error && !data && (
        <div className="px-4 pb-4 md:px-5">
          <QueryError what="The history" error={error} retry={refetch} />
        </div>
      )}
      {!data && !error && <Skeleton className="mx-5 mb-5 h-16" />}
      {data?.entries.length === 0 && (
        <p className="px-4 pb-5 text-13 text-ink-2 md:px-5">Nobody has turned it on yet.</p>
      )}
      <ol className="grid px-4 pb-3 md:px-5">
        {data?.entries.map((entry) => (
          <li key={entry.id} className="flex items-baseline justify-between gap-4 border-t border-line py-2.5 text-13">
            <span className="min-w-0 wrap-anywhere">
              <span className="font-medium">{entry.actor}</span> <span className="text-ink-2">{told(entry)}</span>
            </span>
            <RelativeTime iso={entry.at} className="shrink-0 text-12 text-ink-3" />
          </li>
        ))}
      </ol>
    </Card>
  );
}
