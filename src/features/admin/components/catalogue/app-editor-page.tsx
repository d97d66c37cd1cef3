"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { toFirstWrong } from "@/components/field";
import { formatCount, formatTokens } from "@/components/format";
import { LeaveGuard } from "@/components/leave-guard";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { AppFields, EditedApp } from "../../catalogue/contract";
import { differing } from "../../catalogue/rules";
import { ReasonDialog } from "../reason-dialog";
import { AppFieldset } from "./app-fieldset";
import { formOf, readForm, shownOf } from "./app-form";
import { AppPreview } from "./app-preview";
import { AppVersions } from "./app-versions";

/** One app: its fields, what a brand would see of them beside, and what was published before. */
export function AppEditorPage({ slug }: { slug: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    // What is typed is never replaced behind the back of whoever types it.
    trpc.admin.app.queryOptions({ slug }, { refetchOnWindowFocus: false, refetchOnReconnect: false, staleTime: 0 }),
  );
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <nav aria-label="Where you are" className="-mb-3 text-13">
        <Link href="/admin/catalog" className="text-ink-2 hover:text-ink">
          Catalogue
        </Link>
      </nav>
      {error && !data && (
        <>
          <PageTitle title="App" />
          <QueryError what="This app" error={error} retry={refetch} />
        </>
      )}
      {!data && !error && <Skeleton className="h-[40rem] w-full" />}
      {data && <Editor key={slug} app={data} />}
    </div>
  );
}

/** What the form began with: the revision a writer names, and the fields to tell typed ones from. */
const startOf = ({ revision, draft, published }: EditedApp) => ({ revision, fields: draft?.fields ?? published });

function Editor({ app }: { app: EditedApp }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug } = app.page;
  const [start, setStart] = useState(() => startOf(app));
  const [form, setForm] = useState(() => formOf(start.fields));
  const [asked, setAsked] = useState(false);
  const [publishing, setPublishing] = useState(false);
  const again = async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: trpc.admin.app.queryKey({ slug }) }),
      queries.invalidateQueries({ queryKey: trpc.admin.catalogue.queryKey() }),
      queries.invalidateQueries({ queryKey: trpc.catalog.pathKey() }),
    ]);
  };
  // The form stays as it stands: what was typed while this was on its way is not saved yet.
  const kept = (revision: number, fields: AppFields) => {
    setStart({ revision, fields });
    setAsked(false);
    return again();
  };
  const begin = (next: ReturnType<typeof startOf>) => {
    setStart(next);
    setForm(formOf(next.fields));
    setAsked(false);
  };
  const save = useMutation(
    trpc.admin.saveAppDraft.mutationOptions({
      onSuccess: ({ revision }, { fields }) => {
        toast("The draft is saved");
        return kept(revision, fields);
      },
    }),
  );
  const discard = useMutation(
    trpc.admin.discardAppDraft.mutationOptions({
      onSuccess: ({ revision }) => {
        begin({ revision, fields: app.published });
        return again();
      },
    }),
  );
  const publish = useMutation(
    trpc.admin.publishApp.mutationOptions({
      onSuccess: ({ version, revision, atTheEdge }, { fields }) => {
        toast(
          `Version ${version} is published${atTheEdge ? "" : "; the meter learns of it as soon as it can be reached"}`,
        );
        return kept(revision, fields);
      },
    }),
  );
  /** Shows the app as it is now; what is typed goes, unless what should take its place cannot be had. */
  const anew = async () => {
    await again();
    const fresh = await queries.fetchQuery(trpc.admin.app.queryOptions({ slug })).catch(() => null);
    if (!fresh) return;
    save.reset();
    discard.reset();
    begin(startOf(fresh));
  };
  const read = readForm(form);
  const shown = shownOf(form, app.published);
  // What cannot be read yet is shown as it was; pressing a button says what is wrong with it.
  const unlike = (fields: AppFields) =>
    // What is cut off as it is read, a blank at the end, is no difference.
    read.fields === null || (differing(shown, fields).length > 0 && differing(read.fields, fields).length > 0);
  const unsaved = unlike(start.fields);
  // Nothing typed is in the way, so what somebody else has done is simply shown.
  if (app.revision > start.revision && !unsaved) begin(startOf(app));
  const differs = unlike(app.published);
  const failed = save.error ?? discard.error;
  const box = useRef<HTMLDivElement>(null);
  /** Marks what is wrong and leads there. @returns what the form says where nothing is */
  const readable = () => {
    setAsked(true);
    if (!read.fields) toFirstWrong(box.current);
    return read.fields;
  };
  return (
    <>
      <LeaveGuard when={unsaved}>
        <p>What you changed in {app.page.name} since it was last saved goes. What is published stays as it is.</p>
      </LeaveGuard>
      <PageTitle
        title={app.page.name}
        action={
          <div className="flex flex-wrap gap-2">
            {app.draft && (
              <Button
                look="quiet"
                busy={discard.isPending}
                onClick={() => discard.mutate({ slug, revision: start.revision })}
              >
                Discard draft
              </Button>
            )}
            <Button
              disabled={!unsaved}
              busy={save.isPending}
              onClick={() => {
                const fields = readable();
                if (fields) save.mutate({ slug, revision: start.revision, fields });
              }}
            >
              Save draft
            </Button>
            <Button look="main" disabled={!differs} onClick={() => readable() && setPublishing(true)}>
              Publish
            </Button>
          </div>
        }
      >
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {app.version === 0 ? "As it is shipped." : `Version ${app.version} is published.`}
          {app.draft && (
            <>
              <Badge tone="soon">Draft</Badge>
              <span>
                {app.draft.by}, <ClockTime iso={app.draft.at} />
              </span>
            </>
          )}
          {unsaved && <Badge>Not saved</Badge>}
        </span>
      </PageTitle>
      {failed && (
        <Notice
          kind="stopped"
          title="Nothing was saved"
          action={
            <Button size="small" onClick={anew}>
              Load it anew
            </Button>
          }
        >
          {describeFailure(failed)}
        </Notice>
      )}
      <div ref={box} className="grid gap-6 lg:grid-cols-2 lg:items-start">
        <AppFieldset
          app={app}
          form={form}
          wrong={asked ? (read.wrong ?? {}) : {}}
          onChange={(change) => setForm((now) => ({ ...now, ...change }))}
        />
        <AppPreview page={app.page} fields={shown} />
      </div>
      <AppVersions app={app} onDone={anew} />
      <ReasonDialog
        open={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish ${form.name}?`}
        description={effectOf(app, shown)}
        hint="It stands in the history of the app and in the audit log."
        maxLength={300}
        look="main"
        keep="Not yet"
        confirm="Publish"
        failure="Nothing was published"
        change={publish}
        onConfirm={(reason, close) =>
          read.fields &&
          publish.mutate({ slug, revision: start.revision, fields: read.fields, reason }, { onSuccess: close })
        }
      />
    </>
  );
}

/** What publishing does beside being seen. */
function effectOf({ published }: EditedApp, next: AppFields): string {
  const price =
    next.tokenCost === published.tokenCost
      ? ""
      : ` From the next use on it costs ${formatTokens(next.tokenCost)} instead of ${formatCount(published.tokenCost)}; reservations that are open keep what they reserved.`;
  const ended =
    next.status === "disabled" && published.status !== "disabled"
      ? " Every use of it is refused from then on, also of brands that have it."
      : "";
  return `Every brand sees it at once.${price}${ended}`;
}
