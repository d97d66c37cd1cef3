"use client";

import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = 0;

function subscribe(listener: () => void) {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, 1_000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

function read(): number {
  // Nothing ticks on a server, and its memory of the last request must not show in this one.
  if (typeof window === "undefined") return Date.now();
  if (now === 0) now = Date.now();
  return now;
}

/**
 * The time in milliseconds, ticking once a second for all who ask. What the server wrote may be a moment older than
 * what the browser would: mark the element that shows it with `suppressHydrationWarning`.
 */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read, read);
}
