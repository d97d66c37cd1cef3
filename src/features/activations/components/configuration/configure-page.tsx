"use client";

import Link from "next/link";
import { useRef, useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { toFirstWrong } from "@/components/field";
import { AppIcon } from "@/components/icons/apps";
import { ResetIcon } from "@/components/icons/interface";
import { LeaveGuard } from "@/components/leave-guard";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import { readable, titleOf } from "@/features/catalog/dialect/rules";
import type { ConfigurationState } from "../../configuration/contract";
import { EmbedPanel } from "../embed-panel";
import { ConfigField } from "./config-field";
import { Preview } from "./preview";
import { useDraft } from "./use-draft";
import { Versions } from "./versions";

/** Where an app is set up: the form on one side, what shoppers will see on the other. */
export function ConfigurePage({
  appId,
  canWrite,
  canSeeKeys,
}: {
  appId: string;
  canWrite: boolean;
  canSeeKeys: boolean;
}) {
  const draft = useDraft(appId);
  const { data: state, error, refetch } = draft.state;
  useSessionEnd(error);
  const form = useRef<HTMLFormElement>(null);
  const [asked, setAsked] = useState(false);
  if (!state && !error) return <Skeleton className="h-160 w-full rounded-card" />;
  if (!state) return <QueryError what="The configuration" error={error} retry={refetch} />;
  const { app, schema } = state;
  const off = state.status === "disabled";
  const publish = () => {
    setAsked(true);
    if (draft.errors.size === 0) return draft.publish();
    toFirstWrong(form.current);
  };
  return (
    <div className="grid gap-6">
      <LeaveGuard when={draft.touched}>
        <p>What you changed in {app.name} since it was last saved goes. What is published stays as it is.</p>
      </LeaveGuard>
      <header className="contents">
        <nav aria-label="Breadcrumb" className="text-13 text-ink-2">
          <Link href="/apps" className="rounded-control hover:text-ink">
            Connected Apps
          </Link>
          <span aria-hidden="true" className="px-2 text-ink-3">
            /
          </span>
          <Link href={`/apps/${app.slug}`} className="rounded-control hover:text-ink">
            {app.name}
          </Link>
        </nav>
        {/* A form may be long: what saves it stays in view, above on wide screens, under the thumb on phones. */}
        <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4 md:sticky md:top-0 md:z-20 md:-mx-8 md:bg-ground md:px-8 md:py-3">
          <div className="flex min-w-0 items-start gap-4">
            <AppIcon appId={app.id} size={44} />
            <div className="min-w-0">
              <h1 id="page-title" tabIndex={-1} className="text-28 font-semibold wrap-anywhere">
                Configure {app.name}
              </h1>
              <DraftLine state={state} touched={draft.touched} />
            </div>
          </div>
          {canWrite && !off && (
            <div className="flex flex-wrap gap-2 max-md:fixed max-md:inset-x-0 max-md:bottom-[calc(3.75rem+env(safe-area-inset-bottom))] max-md:z-20 max-md:justify-end max-md:border-t max-md:border-line max-md:bg-surface max-md:px-4 max-md:py-2">
              {(state.draft || draft.touched) && (
                <Button look="quiet" aria-disabled={draft.busy || undefined} onClick={draft.discard}>
                  Discard
                </Button>
              )}
              <Button busy={draft.saving} disabled={!draft.touched} onClick={draft.save}>
                Save draft
              </Button>
              <Button look="main" busy={draft.publishing} onClick={publish}>
                Publish
              </Button>
            </div>
          )}
        </div>
        <Notices draft={draft} state={state} off={off} />
      </header>
      <div className="grid gap-4 lg:grid-cols-12 lg:items-start">
        <div className="grid min-w-0 gap-4 lg:col-span-7">
          <form
            ref={form}
            noValidate
            className="min-w-0 [&_:is(input,select,textarea,button)]:scroll-my-32"
            onSubmit={(event) => {
              event.preventDefault();
              publish();
            }}
          >
            <Card
              title="Settings"
              aside={
                canWrite && (
                  <Button look="quiet" size="small" icon={<ResetIcon size={16} />} onClick={draft.reset}>
                    Back to defaults
                  </Button>
                )
              }
            >
              <fieldset disabled={!canWrite || off} className="grid gap-6 px-4 pb-6 md:px-5">
                <legend className="sr-only">Settings of {app.name}</legend>
                {Object.entries(schema).map(([name, field]) => (
                  <ConfigField
                    key={name}
                    name={name}
                    path={name}
                    field={field}
                    value={draft.values[name]}
                    errors={asked || draft.touched ? draft.errors : NOTHING_WRONG}
                    onChange={(value) => draft.setValues((before) => ({ ...before, [name]: value }))}
                  />
                ))}
                {/* Enter in a field publishes nothing by accident: the form's own button is the one above. */}
                <button type="submit" disabled className="hidden" aria-hidden="true" tabIndex={-1} />
              </fieldset>
            </Card>
          </form>
          {canSeeKeys && <EmbedPanel app={app} />}
          <Versions
            appId={app.id}
            schema={schema}
            published={state.published}
            current={state.version}
            busy={draft.busy}
            losing={
              draft.touched
                ? "What you have typed here and not published goes when this version is brought back."
                : state.draft
                  ? `The draft by ${state.draft.by} goes when this version is brought back.`
                  : null
            }
            onRestore={
              canWrite && !off ? (version) => draft.restore(version.version, version.configuration) : undefined
            }
          />
        </div>
        <div className="min-w-0 lg:sticky lg:top-24 lg:col-span-5">
          <Preview app={app} configuration={draft.values} />
        </div>
      </div>
    </div>
  );
}

const NOTHING_WRONG: ReadonlyMap<string, string> = new Map();

/** What is in force, and whether something waits to be published. */
function DraftLine({ state, touched }: { state: ConfigurationState; touched: boolean }) {
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-13 text-ink-2">
      {state.version > 0 ? `Version ${state.version} is in force` : "The defaults are in force"}
      {touched ? (
        <Badge tone="soon">Not saved</Badge>
      ) : (
        state.draft && (
          <>
            <Badge tone="accent">Draft</Badge>
            <span>
              by {state.draft.by}, <RelativeTime iso={state.draft.at} />
            </span>
          </>
        )
      )}
    </p>
  );
}

function Notices({
  draft,
  state,
  off,
}: {
  draft: ReturnType<typeof useDraft>;
  state: ConfigurationState;
  off: boolean;
}) {
  const named = (paths: readonly string[]) =>
    paths
      .map((path) => {
        const [first = "", ...rest] = path.split(".");
        const field = state.schema[first];
        const title = field ? titleOf(first, field) : readable(first);
        return rest.length > 0 ? `${title}: ${readable(rest.join(" ")).toLowerCase()}` : title;
      })
      .join(", ");
  return (
    <>
      {off && (
        <Notice kind="soon" title={`${state.app.name} is turned off`}>
          Its configuration is kept as it was. Activate it again to change it.
        </Notice>
      )}
      {draft.overtaken && (
        <Notice
          kind="soon"
          title={state.draft ? `${state.draft.by} saved a draft meanwhile` : "Somebody published meanwhile"}
          action={
            <div className="flex flex-wrap gap-2">
              <Button size="small" onClick={draft.takeTheirs}>
                Show theirs
              </Button>
              <Button size="small" look="quiet" onClick={draft.keepMine}>
                Keep mine
              </Button>
            </div>
          }
        >
          Nothing of theirs was overwritten, and what you have typed still stands here.
        </Notice>
      )}
      {draft.failure && (
        <Notice kind="stopped" title="That did not work">
          {describeFailure(draft.failure)} What you have typed still stands here.
        </Notice>
      )}
      {state.outdated && (
        <Notice kind="info" title={`${state.app.name} has changed since you published`}>
          <ul className="grid gap-0.5">
            {state.outdated.dropped.length > 0 && (
              <li>Gone, and dropped when you publish: {named(state.outdated.dropped)}.</li>
            )}
            {state.outdated.reset.length > 0 && (
              <li>No longer fits, back at its default: {named(state.outdated.reset)}.</li>
            )}
            {state.outdated.added.length > 0 && <li>New, at its default: {named(state.outdated.added)}.</li>}
          </ul>
        </Notice>
      )}
    </>
  );
}
