"use client";

import { useEffect } from "react";

const REACHED = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled)";

/** The first control in an element, or the last; the element itself where it is one. */
function controlIn(element: Node | null, end: "first" | "last"): HTMLElement | undefined {
  if (!(element instanceof HTMLElement) || !element.isConnected) return undefined;
  if (element.matches(REACHED)) return element;
  const controls = [...element.querySelectorAll<HTMLElement>(REACHED)].filter(
    (each) => each.getClientRects().length > 0,
  );
  return end === "first" ? controls[0] : controls.at(-1);
}

/**
 * Where a row of a list or a table goes with the focus in it, such as by its own "Remove", or a card by its own "Put away", puts
 * the focus into what follows, else into what stands before, else at the head of the page. Stands once in the frame of the pages.
 */
export function FocusKeeper() {
  useEffect(() => {
    const content = document.getElementById("content");
    if (!content) return;
    let row: Element | null = null;
    const onFocus = ({ target }: FocusEvent) => {
      row = target instanceof Element ? target.closest("li, tr, section") : null;
    };
    // Whoever presses on nothing has let go of the row. A row that is taken out may seem to do the same, a moment before it goes.
    const onLeave = () =>
      setTimeout(() => {
        if (row?.isConnected && document.activeElement === document.body) row = null;
      });
    const watch = new MutationObserver((records) => {
      if (!row || row.isConnected) return;
      const gone = records.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(row)));
      row = null;
      // Whoever has been put elsewhere already, by a dialog that closes say, stays there; a page that goes takes its focus along.
      if (!gone || document.activeElement !== document.body) return;
      if ([...gone.removedNodes].some((node) => node instanceof Element && node.querySelector("#page-title"))) return;
      const next = controlIn(gone.nextSibling, "first") ?? controlIn(gone.previousSibling, "last");
      (next ?? document.getElementById("page-title"))?.focus({ preventScroll: true });
    });
    document.addEventListener("focusin", onFocus);
    document.addEventListener("focusout", onLeave);
    watch.observe(content, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("focusout", onLeave);
      watch.disconnect();
    };
  }, []);
  return null;
}
