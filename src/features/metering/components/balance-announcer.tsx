"use client";

import { useEffect, useRef } from "react";
import { announce } from "@/components/announcer";
import { formatTokens } from "@/components/format";
import type { BalanceResponse } from "../contract";

/** At most this often is a changed balance read out: a busy shop must not talk without end. */
const QUIET_MS = 30_000;

/** Tells a screen reader that the balance has changed, politely and seldom. Says nothing on arrival. */
export function BalanceAnnouncer({ data }: { data: BalanceResponse | undefined }) {
  const said = useRef<{ balance: number; at: number }>(undefined);
  const balance = data?.balance;

  useEffect(() => {
    if (typeof balance !== "number") return;
    const last = said.current;
    if (!last) {
      said.current = { balance, at: Date.now() };
      return;
    }
    if (last.balance === balance) return;
    const timer = setTimeout(
      () => {
        said.current = { balance, at: Date.now() };
        announce(`The balance is now ${formatTokens(balance)}.`);
      },
      Math.max(0, last.at + QUIET_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [balance]);

  return null;
}
