"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { UNDO_MS } from "@/components/toaster";
import type { Configuration } from "@/features/catalog/dialect/contract";
import { withDefaults } from "@/features/catalog/dialect/rules";
import { useTRPC } from "@/trpc/client";
import { checkConfiguration, same } from "../../configuration/rules";

/** How often the page looks whether somebody else has changed the configuration, ms. */
const LOOK_MS = 5_000;

/** Says what was done, and takes it back if that was a slip. */
const offerUndo = (words: string, undo: () => void): void => {
  toast(words, { duration: UNDO_MS, action: { label: "Undo", onClick: undo } });
};

const problemOf = (error: unknown): unknown =>
  error instanceof Error && "data" in error && typeof error.data === "object" && error.data !== null
    ? (error.data as { problem?: unknown }).problem
    : undefined;

/** The form's side of a configuration: what is typed, what is wrong with it, and what the server has meanwhile. */
export function useDraft(appId: string) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const state = useQuery(trpc.activations.configuration.queryOptions({ appId }, { refetchInterval: LOOK_MS }));
  const server = state.data;
  // What the form started from: the revision a writer names, and the values to tell typed ones from.
  const [base, setBase] = useState<{ revision: number; values: Configuration } | null>(null);
  const [values, setValues] = useState<Configuration>({});
  const take = (from: typeof server) => {
    if (!from) return;
    const start = from.draft?.configuration ?? from.published;
    setBase({ revision: from.revision, values: start });
    setValues(start);
  };
  if (server && !base) take(server);
  const touched = base !== null && !same(values, base.values);
  const moved = server !== undefined && base !== null && server.revision > base.revision;
  // Nothing typed is in the way, so what somebody else has done is simply shown.
  if (moved && !touched) take(server);

  const settle = async (result: { revision: number }, stays: Configuration) => {
    setBase({ revision: result.revision, values: stays });
    // `values` are those that were sent: what was typed while they were on their way stays, and is not saved yet.
    setValues((now) => (same(now, values) ? stays : now));
    await Promise.all([
      queries.invalidateQueries(trpc.activations.pathFilter()),
      queries.invalidateQueries(trpc.catalog.pathFilter()),
    ]);
  };
  const save = useMutation(trpc.activations.saveDraft.mutationOptions());
  const publish = useMutation(trpc.activations.publish.mutationOptions());
  const discard = useMutation(trpc.activations.discardDraft.mutationOptions());
  const restore = useMutation(trpc.activations.restore.mutationOptions());
  const checked = server ? checkConfiguration(server.schema, values) : { errors: [] };
  const errors = new Map("errors" in checked ? checked.errors.map(({ path, message }) => [path, message]) : []);
  const revision = base?.revision ?? 0;
  const changes = [save, publish, discard, restore];
  const failure = changes.find(({ error }) => error)?.error ?? null;
  const busy = changes.some(({ isPending }) => isPending);
  const forget = () => {
    for (const change of changes) change.reset();
  };
  // One at a time, since each names the revision that the one before it leaves; what an earlier one was refused is over.
  const begin = (change: () => void) => {
    if (busy) return;
    forget();
    change();
  };

  return {
    state,
    values,
    setValues,
    errors,
    touched,
    /** Somebody else has changed it while something is typed here. */
    overtaken: (moved && touched && !busy) || problemOf(failure) === "configuration_changed",
    failure: problemOf(failure) === "configuration_changed" ? null : failure,
    busy,
    saving: save.isPending,
    publishing: publish.isPending,
    save: () =>
      begin(() =>
        save.mutate(
          { appId, revision, configuration: values },
          {
            onSuccess: async (done) => {
              await settle(done, values);
              toast.success("Draft saved");
            },
          },
        ),
      ),
    publish: () =>
      begin(() =>
        publish.mutate(
          { appId, revision, configuration: values },
          {
            onSuccess: async (done) => {
              const whole = server ? withDefaults(server.schema, values) : values;
              await settle(done, whole);
              toast.success(`Version ${done.version} is published`);
            },
          },
        ),
      ),
    discard: () => {
      const published = server?.published ?? {};
      const thrown = values;
      const undoable = () => offerUndo("Draft discarded", () => setValues(thrown));
      if (!server?.draft) {
        setValues(published);
        return undoable();
      }
      begin(() =>
        discard.mutate(
          { appId, revision },
          {
            onSuccess: async (done) => {
              await settle(done, published);
              undoable();
            },
          },
        ),
      );
    },
    restore: (version: number, brought: Configuration) =>
      begin(() =>
        restore.mutate(
          { appId, revision, version },
          {
            onSuccess: async (done) => {
              await settle(done, server ? withDefaults(server.schema, brought) : brought);
              setBase(null);
              toast.success(`Version ${version} is back, as version ${done.version}`);
            },
          },
        ),
      ),
    reset: () => {
      const before = values;
      if (!server) return;
      setValues(withDefaults(server.schema, {}));
      offerUndo("Everything is back at its default, not yet published", () => setValues(before));
    },
    /** Shows what the other has done; what is typed here goes. */
    takeTheirs: async () => {
      forget();
      const fresh = await state.refetch();
      if (!fresh.error) take(fresh.data);
    },
    /** Goes on with what is typed here, knowing of theirs. */
    keepMine: async () => {
      forget();
      const { data, error } = await state.refetch();
      if (data && !error) setBase({ revision: data.revision, values: data.draft?.configuration ?? data.published });
    },
  };
}
