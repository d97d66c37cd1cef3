"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { AppVersion, EditedApp } from "../../catalogue/contract";
import { ReasonDialog } from "../reason-dialog";
import { FIELD_WORDS } from "../words";

/** What was published, by whom, why, and what it changed; each can be brought back, and what is shipped too. */
export function AppVersions({ app, onDone }: { app: EditedApp; onDone: () => Promise<void> }) {
  const trpc = useTRPC();
  const [target, setTarget] = useState<number | null>(null);
  const restore = useMutation(
    trpc.admin.restoreApp.mutationOptions({
      onSuccess: ({ version }) => {
        toast(`Published as version ${version}`);
        return onDone();
      },
    }),
  );
  const { slug } = app.page;
  const what = target === 0 ? "what is shipped" : `version ${target}`;
  return (
    <Card title="History">
      <ol className="grid px-4 pb-3 text-13 md:px-5">
        {app.versions.map((version) => (
          <Version
            key={version.version}
            version={version}
            inForce={version.version === app.version}
            onRestore={() => setTarget(version.version)}
          />
        ))}
        <li className="flex min-h-12 items-center gap-4 border-t border-line py-2">
          <span className="min-w-0 flex-1">
            <span className="font-medium">As shipped</span>
            <span className="block text-12 text-ink-2">
              {app.edited.length === 0
                ? "Everything is as it is shipped, and follows what is shipped later."
                : `Edited here: ${app.edited.map((field) => FIELD_WORDS[field].toLowerCase()).join(", ")}. The rest follows what is shipped later.`}
            </span>
          </span>
          {app.edited.length > 0 && (
            <Button size="small" look="quiet" aria-label="Bring back what is shipped" onClick={() => setTarget(0)}>
              Bring back
            </Button>
          )}
        </li>
      </ol>
      <ReasonDialog
        open={target !== null}
        onClose={() => setTarget(null)}
        title={`Bring back ${what}?`}
        description={`It is published as a new version, at once. ${app.draft ? "The draft is thrown away." : "Nothing of the history is lost."}`}
        hint="It stands in the history of the app and in the audit log."
        maxLength={300}
        look="main"
        keep="Not now"
        confirm="Bring it back"
        failure="Nothing was published"
        change={restore}
        onConfirm={(reason, close) =>
          target !== null &&
          restore.mutate({ slug, revision: app.revision, version: target, reason }, { onSuccess: close })
        }
      />
    </Card>
  );
}

function Version({ version, inForce, onRestore }: { version: AppVersion; inForce: boolean; onRestore: () => void }) {
  return (
    <li className="grid gap-2 border-t border-line py-3">
      <div className="flex items-start gap-4">
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="figures font-medium">Version {version.version}</span>
            {inForce && <Badge tone="done">In force</Badge>}
            {version.restoredFrom !== null && (
              <span className="text-12 text-ink-3">
                brought {version.restoredFrom === 0 ? "what is shipped" : `version ${version.restoredFrom}`} back
              </span>
            )}
          </span>
          <span className="block text-12 wrap-anywhere text-ink-2">
            {version.by}, <RelativeTime iso={version.at} />: “{version.reason}”
          </span>
        </span>
        {!inForce && (
          <Button size="small" look="quiet" aria-label={`Bring back version ${version.version}`} onClick={onRestore}>
            Bring back
          </Button>
        )}
      </div>
      <dl className="grid gap-1">
        {version.changes.map(({ field, from, to }) => (
          <div key={field} className="grid gap-x-3 sm:grid-cols-[6rem_minmax(0,1fr)]">
            <dt className="text-12 text-ink-3">{FIELD_WORDS[field]}</dt>
            <dd className="text-12 wrap-anywhere">
              <del className="text-ink-3">{from || "nothing"}</del> <span className="sr-only">is now</span>{" "}
              {to || "nothing"}
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
