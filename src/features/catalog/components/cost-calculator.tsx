"use client";

import { useId, useState } from "react";
import { Card } from "@/components/card";
import { Figure } from "@/components/figure";
import { formatCount, formatMoney } from "@/components/format";
import { type Way, waysToPay } from "@/features/plans/rules";
import type { AppPage } from "../contract";
import { ourPageOf } from "../rules";

/** Stops of the slider: fine where most brands are, coarse far up. */
const STOPS = [50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 50_000, 100_000];
/** The same for what is made a few times a month. */
const FEW = [1, 2, 3, 4, 5, 10, 20, 30];
const MOST = 10_000_000;

/** So many sessions a month are so many tokens, and which plan and packs cover them. */
export function CostCalculator({ app }: { app: AppPage }) {
  const ours = ourPageOf(app.id);
  const unit = ours?.unit ?? "session";
  const stops = ours ? FEW : STOPS;
  const [sessions, setSessions] = useState(ours?.usual ?? 1_000);
  const number = useId();
  const tokens = sessions * app.tokenCost;
  const ways = waysToPay(app.offers, app.tier, tokens);
  const stop = stops.findLastIndex((at) => at <= sessions);
  return (
    <Card title="What it would cost">
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        <div className="grid gap-2">
          <div className="flex items-center justify-between gap-3">
            <label htmlFor={number} className="text-13 text-ink-2">
              {unit.replace(/^./, (first) => first.toUpperCase())}s a month
            </label>
            <input
              id={number}
              inputMode="numeric"
              className="figures h-9 w-28 rounded-control border border-line-control bg-surface px-2.5 text-right text-14"
              value={formatCount(sessions)}
              onChange={(event) =>
                setSessions(Math.min(MOST, Number(event.target.value.replace(/\D/g, "").slice(0, 9)) || 0))
              }
            />
          </div>
          <input
            type="range"
            aria-label={`${unit.replace(/^./, (first) => first.toUpperCase())}s a month, roughly`}
            aria-valuetext={`${formatCount(sessions)} ${unit}s`}
            min={0}
            max={stops.length - 1}
            value={Math.max(0, stop)}
            onChange={(event) => setSessions(stops[Number(event.target.value)] ?? 0)}
            className="h-6 w-full accent-(--accent)"
          />
        </div>
        <p className="border-t border-line pt-3 text-13 text-ink-2">
          <span className="block text-28 font-semibold text-ink">
            {app.variablePrice && <span className="text-16 font-normal text-ink-2">from </span>}
            <Figure value={tokens} compact /> <span className="text-16 font-normal">tokens a month</span>
          </span>
          {formatCount(app.tokenCost)} {app.tokenCost === 1 ? "token" : "tokens"} for each {unit}
        </p>
        <ul className="grid gap-px">
          {ways.map((way, at) => (
            <li key={way.id} className="flex items-baseline justify-between gap-3 border-t border-line py-2 text-13">
              <span className="min-w-0">
                <span className="font-medium">{way.plan}</span>
                <span className="block text-12 text-ink-2">{describe(way)}</span>
              </span>
              <span className="figures shrink-0 text-right">
                {formatMoney(way.priceCents)}
                {at === 0 && ways.length > 1 && <span className="block text-12 text-ink-2">the least</span>}
              </span>
            </li>
          ))}
        </ul>
        <p className="text-12 text-ink-3">
          A month, for this app alone. Other apps share the same tokens; a test key spends none.
        </p>
      </div>
    </Card>
  );
}

function describe(way: Way): string {
  if (way.packs.length === 0) return "covers it";
  const packs = way.packs.map(({ tokens, count }) => `${count} × ${formatCount(tokens)}`).join(", ");
  return `and packs of tokens: ${packs}`;
}
