"use client";

import { useRouter } from "next/navigation";
import { useEffect, useTransition } from "react";
import { Button } from "@/components/button";

/** Looks again, by hand or every ten seconds while the page is in view. */
export function Reload() {
  const router = useRouter();
  const [busy, start] = useTransition();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") router.refresh();
    }, 10_000);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <Button look="main" busy={busy} onClick={() => start(() => router.refresh())}>
      Look again
    </Button>
  );
}
