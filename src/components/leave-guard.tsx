"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { ConfirmDialog } from "./dialog";
import { askBeforeLeaving, guardHistory } from "./leaving";

/**
 * Asks before somebody is taken away from what they have typed and not saved: by a link, by the quick search, by the browser's
 * back and forward, or by the window's end.
 */
export function LeaveGuard({ when, children }: { when: boolean; children: ReactNode }) {
  const router = useRouter();
  const [leaving, setLeaving] = useState<{ go: () => void } | null>(null);
  useEffect(() => {
    if (!when) return;
    const ask = (go: () => void) => setLeaving({ go });
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (!link?.href || link.target || elsewhere || link.origin !== window.location.origin) return;
      if (link.pathname === window.location.pathname) return;
      event.preventDefault();
      event.stopPropagation();
      const to = link.pathname + link.search + link.hash;
      ask(() => router.push(to));
    };
    const ends = [askBeforeLeaving(ask), guardHistory(window, ask)];
    window.addEventListener("beforeunload", onUnload);
    // Before anybody else hears of it: the link's own handler would be gone already.
    window.addEventListener("click", onClick, true);
    return () => {
      for (const end of ends) end();
      window.removeEventListener("beforeunload", onUnload);
      window.removeEventListener("click", onClick, true);
    };
  }, [when, router]);
  return (
    <ConfirmDialog
      open={leaving !== null}
      onOpenChange={(open) => !open && setLeaving(null)}
      title="Leave without saving?"
      confirm="Leave"
      keep="Stay here"
      busy={false}
      onConfirm={() => {
        setLeaving(null);
        leaving?.go();
      }}
    >
      {children}
    </ConfirmDialog>
  );
}
