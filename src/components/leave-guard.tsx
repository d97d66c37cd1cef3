"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { ConfirmDialog } from "./dialog";

/** Asks before a link, or the window's end, takes somebody away from what they have typed and not saved. */
export function LeaveGuard({ when, children }: { when: boolean; children: ReactNode }) {
  const router = useRouter();
  const [to, setTo] = useState<string | null>(null);
  useEffect(() => {
    if (!when) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (!link?.href || link.target || elsewhere || link.origin !== window.location.origin) return;
      if (link.pathname === window.location.pathname) return;
      event.preventDefault();
      event.stopPropagation();
      setTo(link.pathname + link.search + link.hash);
    };
    window.addEventListener("beforeunload", onUnload);
    // Before anybody else hears of it: the link's own handler would be gone already.
    window.addEventListener("click", onClick, true);
    return () => {
      window.removeEventListener("beforeunload", onUnload);
      window.removeEventListener("click", onClick, true);
    };
  }, [when]);
  return (
    <ConfirmDialog
      open={to !== null}
      onOpenChange={(open) => !open && setTo(null)}
      title="Leave without saving?"
      confirm="Leave"
      keep="Stay here"
      busy={false}
      onConfirm={() => {
        setTo(null);
        if (to) router.push(to);
      }}
    >
      {children}
    </ConfirmDialog>
  );
}
