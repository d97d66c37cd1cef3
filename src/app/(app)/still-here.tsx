"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { useTRPC } from "@/trpc/client";

const SIGNS = ["pointerdown", "keydown", "scroll"] as const;
/** How often at most the server is told that somebody is here, ms; it keeps minutes. */
const TELL_MS = 60_000;

/**
 * Tells the server that a person is doing something, at most once a minute, and takes the page back to the gate once
 * nobody has for as long as a session lives without. What pages ask for by themselves keeps no session alive.
 */
export function StillHere({ idleMinutes }: { idleMinutes: number }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { mutate } = useMutation(trpc.session.stay.mutationOptions({ retry: false }));
  const seen = useRef(0);
  const told = useRef(0);
  useEffect(() => {
    seen.current = Date.now();
    told.current = Date.now();
    const onSign = () => {
      seen.current = Date.now();
      if (seen.current - told.current < TELL_MS) return;
      told.current = seen.current;
      mutate();
    };
    for (const sign of SIGNS) window.addEventListener(sign, onSign, { passive: true, capture: true });
    const timer = setInterval(() => {
      if (Date.now() - seen.current > idleMinutes * 60_000) router.refresh();
    }, TELL_MS);
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, onSign, { capture: true });
      clearInterval(timer);
    };
  }, [idleMinutes, mutate, router]);
  return null;
}
