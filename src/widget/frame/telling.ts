import type { WidgetEvent } from "@/features/usage/insights/contract";

/** How long frames that were shown are collected, ms, and how many are told of at once: the server takes so many. */
const COLLECT_MS = 3_000;
const AT_ONCE = 50;

/**
 * Tells our server what happened in the session, for the brand's figures. Whether it arrives makes no difference to the
 * shopper: nothing waits for it, and nothing is said where it fails. Each thing is told once.
 */
export function telling(token: () => string): (event: WidgetEvent) => void {
  const known = new Set<string>();
  let waiting: WidgetEvent[] = [];
  let timer = 0;
  const send = (): void => {
    clearTimeout(timer);
    timer = 0;
    while (waiting.length > 0) {
      fetch("/api/v1/widget/events", {
        method: "POST",
        // What was chosen leads away from here.
        keepalive: true,
        headers: { authorization: `Bearer ${token()}`, "content-type": "application/json" },
        body: JSON.stringify({ events: waiting.splice(0, AT_ONCE) }),
      }).catch(() => {});
    }
  };
  addEventListener("pagehide", send);
  return (event) => {
    const name = JSON.stringify(event);
    if (known.has(name)) return;
    known.add(name);
    waiting = [...waiting, event];
    // What is told at once goes together.
    if (event.kind !== "view") queueMicrotask(send);
    else timer ||= window.setTimeout(send, COLLECT_MS);
  };
}
