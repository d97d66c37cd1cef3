"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Badge } from "@/components/badge";
import { buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { Hint } from "@/components/hint";
import { SoonIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { describeReadFailure, useSessionEnd } from "@/components/query-error";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { BalanceResponse } from "../contract";
import { BalanceAnnouncer } from "./balance-announcer";
import { ENTRIES, LIVE } from "./live";
import { Spectacles } from "./spectacles";
import { UseLegend } from "./use-legend";
import { useWatchedAccount } from "./use-watched-account";
import { usesByApp } from "./uses-by-app";

/** The brand's balance, fresh within two seconds, beside what its latest uses were spent on. */
export function BalanceCard({ canBuy }: { canBuy: boolean }) {
  const trpc = useTRPC();
  const pace = useWatchedAccount() ? { retry: false } : LIVE;
  const balance = useQuery(trpc.metering.balance.queryOptions(undefined, pace));
  const latest = useQuery(trpc.metering.latestEntries.queryOptions(ENTRIES, pace));
  useSessionEnd(balance.error);

  const entries = latest.data?.entries;
  const apps = usesByApp(entries ?? []);
  const stale = balance.isError || balance.fetchStatus === "paused";
  return (
    <Card className="flex flex-col">
      <div className="flex min-h-14 items-center justify-between gap-3 px-4 pt-1 md:px-5">
        <div className="flex items-center gap-2.5">
          <h2 className="text-14 font-semibold">Token balance</h2>
          {balance.data && <Source data={balance.data} stale={stale} />}
        </div>
        {balance.data && (
          <p className="figures shrink-0 text-12 text-ink-3">
            as of <ClockTime iso={balance.data.asOf} />
          </p>
        )}
      </div>
      <div className="grid flex-1 content-center gap-6 px-4 pt-3 pb-6 md:px-5">
        <Spectacles
          balance={balance.data}
          state={ringOf(balance.data, stale)}
          apps={entries ? apps : undefined}
          latest={entries?.[0]}
        />
        <UseLegend apps={entries ? apps : undefined} />
      </div>
      <Trouble data={balance.data} stale={stale} error={balance.error} canBuy={canBuy} />
      <BalanceAnnouncer data={balance.data} />
    </Card>
  );
}

function ringOf(data: BalanceResponse | undefined, stale: boolean): "unknown" | "behind" | "out" | "live" {
  if (!data) return "unknown";
  if (stale || data.source === "ledger") return "behind";
  if (data.balance !== 0) return "live";
  return data.untouched ? "unknown" : "out";
}

/** Where the figure comes from: a word, and on hover or tap the whole of it. */
function Source({ data, stale }: { data: BalanceResponse; stale: boolean }) {
  if (stale) {
    return (
      <Badge tone="soon" icon={<SoonIcon size={14} />}>
        Not updating
      </Badge>
    );
  }
  if (data.source === "ledger") {
    return (
      <Hint
        label="From the ledger: where this figure comes from"
        trigger={
          <Badge tone="soon" icon={<SoonIcon size={14} />}>
            From the ledger
          </Badge>
        }
      >
        What the ledger held at <ClockTime iso={data.asOf} />. Uses that had not been written by then are missing from
        it.
      </Hint>
    );
  }
  if (data.source === "resting") {
    return (
      <Hint label="From the ledger: where this figure comes from" trigger={<Badge>From the ledger</Badge>}>
        Nothing is being spent, so the ledger has all of it. The next use brings the account into the meter.
      </Hint>
    );
  }
  return (
    <Hint label="Live: where this figure comes from" trigger={<Badge tone="accent">Live</Badge>}>
      The meter that decides every use, asked once a second while this page is in view. Live account, all apps.
    </Hint>
  );
}

/** What is wrong at the moment, if anything. */
function Trouble({
  data,
  stale,
  error,
  canBuy,
}: {
  data: BalanceResponse | undefined;
  stale: boolean;
  error: unknown;
  canBuy: boolean;
}) {
  const isOut = data?.balance === 0 && !data.unlimited;
  if (!stale && data?.source !== "ledger" && !isOut) return null;
  const buy = (words: string, href: string) =>
    canBuy && (
      <Link href={href} className={buttonClass("plain", "small")}>
        {words}
      </Link>
    );
  return (
    <div className="px-4 pb-4 md:px-5 md:pb-5">
      {stale ? (
        <Notice kind="soon" title={data ? "The balance is not being updated" : "The balance could not be loaded"}>
          {error ? describeReadFailure(error) : "You seem to be offline."} We ask again every second; nothing was lost.
        </Notice>
      ) : data?.source === "ledger" ? (
        <Notice kind="soon" title="The live meter cannot be reached">
          Widgets pause until it is back, and nothing is debited meanwhile. The figure above is from the ledger.
        </Notice>
      ) : data?.untouched ? (
        <Notice kind="info" title="No tokens yet" action={buy("See plans", "/billing/plans")}>
          A plan or a pack brings them when your shop is ready. Until then a test key spends test tokens, which cost
          nothing.
        </Notice>
      ) : (
        <Notice kind="stopped" title="The tokens have run out" action={buy("Add tokens", "/billing")}>
          Your widgets are paused; nothing was lost. They go on as soon as tokens are added.
        </Notice>
      )}
    </div>
  );
}
