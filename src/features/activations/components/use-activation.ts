"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/trpc/client";

/** The steps of an app's activation, each of which freshens everything the pages know about the app. */
export function useActivation(app: { name: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const done = (words: string) => ({
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries(trpc.catalog.pathFilter()),
        queries.invalidateQueries(trpc.activations.pathFilter()),
      ]);
      toast.success(words);
    },
  });
  return {
    activate: useMutation(trpc.activations.activate.mutationOptions(done(`${app.name} is active`))),
    pause: useMutation(trpc.activations.pause.mutationOptions(done(`${app.name} is paused`))),
    resume: useMutation(trpc.activations.resume.mutationOptions(done(`${app.name} goes on`))),
    deactivate: useMutation(trpc.activations.deactivate.mutationOptions(done(`${app.name} is turned off`))),
  };
}
