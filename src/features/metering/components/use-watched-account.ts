"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTRPC } from "@/trpc/client";
import { ENTRIES } from "./live";

/** How long a stream may be gone before the page asks by itself, ms: the server ends each of them after a while. */
const GRACE_MS = 3_000;

function onVisibility(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}

/**
 * Keeps the balance and the latest entries as the server tells them, while the page is in view: a hidden one holds no
 * connection. @returns whether the server is telling, or is about to again; where it is not, the caller has to ask
 */
export function useWatchedAccount(): boolean {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const written = useRef<string>(undefined);
  const inView = useSyncExternalStore(
    onVisibility,
    () => document.visibilityState === "visible",
    () => false,
  );
  const { status } = useSubscription(
    trpc.metering.watch.subscriptionOptions(undefined, {
      enabled: inView,
      onData: ({ data }) => {
        queries.setQueryData(trpc.metering.balance.queryKey(), data.balance);
        if (written.current === data.written) return;
        written.current = data.written;
        void queries.invalidateQueries({ queryKey: trpc.metering.latestEntries.queryKey(ENTRIES) });
      },
    }),
  );
  const telling = status === "pending";
  const [trusted, setTrusted] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setTrusted(telling), telling ? 0 : GRACE_MS);
    return () => clearTimeout(timer);
  }, [telling]);
  return telling || trusted;
}
