"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { outcomeUnknown } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";

/** What became of a step that failed: where no answer came, it may have been taken all the same. */
export const whatStands = (failure: unknown): string =>
  outcomeUnknown(failure)
    ? "It may have been done all the same; the page shows how it stands."
    : "Nothing was changed.";

/** The steps of an app's activation, each of which freshens everything the pages know about the app. */
export function useActivation(app: { name: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const again = () =>
    Promise.all([
      queries.invalidateQueries(trpc.catalog.pathFilter()),
      queries.invalidateQueries(trpc.activations.pathFilter()),
    ]);
  const done = (words: string) => ({
    onSuccess: async () => {
      await again();
      toast.success(words);
    },
    // An answer that was lost may have been a yes: the page shows how it stands.
    onError: again,
  });
  return {
    activate: useMutation(trpc.activations.activate.mutationOptions(done(`${app.name} is active`))),
    pause: useMutation(trpc.activations.pause.mutationOptions(done(`${app.name} is paused`))),
    resume: useMutation(trpc.activations.resume.mutationOptions(done(`${app.name} goes on`))),
    deactivate: useMutation(trpc.activations.deactivate.mutationOptions(done(`${app.name} is turned off`))),
  };
}
