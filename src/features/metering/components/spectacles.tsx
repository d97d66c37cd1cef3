"use client";

import { cx } from "@/components/cx";
import { Figure } from "@/components/figure";
import { formatCount, formatDelta, formatTokens } from "@/components/format";
import { appHue } from "@/components/icons/apps";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import type { BalanceResponse } from "../contract";
import type { AppUse, Entry } from "./uses-by-app";

/** `behind`: the figure may have moved on; `out`: there is nothing left. */
type Freshness = "live" | "behind" | "out" | "unknown";

const RING: Record<Freshness, string> = {
  live: "text-accent",
  behind: "text-amber",
  out: "text-red",
  unknown: "text-line-strong",
};

/**
 * The mark, drawn large and measuring: the left ring holds the balance and takes its colour from how fresh it is, the
 * bridge tells the last change, the right ring shows on which apps the latest uses were spent.
 */
export function Spectacles({
  balance,
  state,
  apps,
  latest,
}: {
  balance: BalanceResponse | undefined;
  state: Freshness;
  /** Undefined while it is being loaded. */
  apps: AppUse[] | undefined;
  latest: Entry | undefined;
}) {
  return (
    <div className="mx-auto flex w-full max-w-152 items-stretch">
      <Lens>
        <circle cx="50" cy="50" r="48.5" className={cx("transition-colors", RING[state])} stroke="currentColor" />
        <Balance balance={balance} />
      </Lens>
      <Bridge latest={latest} />
      <Lens>
        <Segments apps={apps ?? []} />
        <Spent apps={apps} />
      </Lens>
    </div>
  );
}

/** One ring with what is seen through it: the first child is drawn, the second is written. */
function Lens({ children: [drawn, written] }: { children: [React.ReactNode, React.ReactNode] }) {
  return (
    <div className="relative z-1 aspect-square min-w-0 flex-1">
      <svg viewBox="0 0 100 100" fill="none" strokeWidth="2" className="absolute inset-0 size-full" aria-hidden="true">
        {drawn}
      </svg>
      <div className="absolute inset-0 grid place-content-center justify-items-center gap-0.5 px-2 text-center">
        {written}
      </div>
    </div>
  );
}

/** The figure itself. Its size steps down as it grows, so that a quadrillion still fits the ring. */
function Balance({ balance }: { balance: BalanceResponse | undefined }) {
  const length = typeof balance?.balance === "number" ? formatCount(balance.balance).length : 0;
  return (
    // Not announced on every change: BalanceAnnouncer does that, seldom.
    <output aria-label="Token balance" aria-live="off" className="grid justify-items-center">
      {!balance ? (
        <Skeleton className="mb-1 h-9 w-24 md:h-11 md:w-32" />
      ) : balance.balance === null ? (
        <span className="text-20 font-semibold md:text-40">Unlimited</span>
      ) : (
        <Figure
          value={balance.balance}
          className={cx(
            "font-semibold",
            length <= 7 ? "text-28" : length <= 10 ? "text-20" : "text-12",
            length <= 9 ? "md:text-40" : length <= 13 ? "md:text-28" : "md:text-20",
          )}
        />
      )}{" "}
      <span className="text-12 text-ink-2 md:text-14">{balance?.balance === 1 ? "token" : "tokens"}</span>
    </output>
  );
}

/** The bridge, and on wide screens the last change beneath it. */
function Bridge({ latest }: { latest: Entry | undefined }) {
  return (
    <div className="relative -mx-0.5 w-8 shrink-0 md:w-32">
      <svg
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        fill="none"
        aria-hidden="true"
        className="absolute inset-x-0 top-[34%] h-[8%] w-full overflow-visible text-line-strong"
      >
        <path
          d="M0 40C20 2 80 2 100 40"
          stroke="currentColor"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
          className="[stroke-width:3px] md:[stroke-width:5px]"
        />
      </svg>
      {latest && (
        <div
          key={`${latest.epoch}-${latest.seq}`}
          className="arrived absolute inset-x-0 top-[47%] hidden justify-items-center md:grid"
        >
          <span className="figures text-16 font-semibold">
            {latest.delta === 0 ? formatCount(latest.tokens) : formatDelta(latest.delta)}
          </span>
          <RelativeTime iso={latest.occurredAt} className="figures text-12 text-ink-3" />
        </div>
      )}
    </div>
  );
}

const RADIUS = 48.5;
const ROUND = 2 * Math.PI * RADIUS;
/** The gap between two segments, in the drawing's units. */
const GAP = 1.6;

/** The right ring: one arc per app, as long as its share of the tokens. */
function Segments({ apps }: { apps: AppUse[] }) {
  const total = apps.reduce((sum, app) => sum + app.tokens, 0);
  const gap = apps.length > 1 ? GAP : 0;
  let start = 0;
  return (
    <>
      <circle cx="50" cy="50" r={RADIUS} className="text-line-strong" stroke={total ? "none" : "currentColor"} />
      {total > 0 &&
        apps.map((app) => {
          const arc = (app.tokens / total) * ROUND;
          const offset = start;
          start += arc;
          return (
            <circle
              key={app.appId ?? "other"}
              cx="50"
              cy="50"
              r={RADIUS}
              stroke={appHue(app.appId)}
              strokeDasharray={`${Math.max(0.6, arc - gap)} ${ROUND}`}
              strokeDashoffset={-offset}
              transform="rotate(-90 50 50)"
            />
          );
        })}
    </>
  );
}

/** What the latest uses spent, in words. */
function Spent({ apps }: { apps: AppUse[] | undefined }) {
  if (!apps) return <Skeleton className="h-8 w-20" />;
  const tokens = apps.reduce((sum, app) => sum + app.tokens, 0);
  const uses = apps.reduce((sum, app) => sum + app.uses, 0);
  if (uses === 0) return <span className="max-w-28 text-13 text-ink-2 md:text-14">No use yet</span>;
  return (
    <>
      <Figure value={tokens} className="text-20 font-semibold md:text-28" />
      <span className="max-w-32 text-12 text-ink-2 md:text-14">
        {tokens === 1 ? "token" : "tokens"} in the latest{" "}
        <span className="whitespace-nowrap">{uses === 1 ? "use" : `${formatCount(uses)} uses`}</span>
      </span>
      <span className="sr-only">{apps.map((app) => `${app.name}: ${formatTokens(app.tokens)}.`).join(" ")}</span>
    </>
  );
}
