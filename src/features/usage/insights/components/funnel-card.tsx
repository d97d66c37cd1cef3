"use client";

import Link from "next/link";
import { ChartCard } from "@/components/chart/chart-card";
import { Figure } from "@/components/figure";
import { formatCount } from "@/components/format";
import { ChangeLine } from "../../components/change-line";
import { spanWords, upToWords } from "../../components/words";
import { changeOf } from "../../dashboard/rules";
import type { InsightFigures } from "../contract";
import { comparedOf, shareOf } from "../rules";
import { percent } from "./words";

/** The sessions of the period by how far they came, each step as a part of all that were opened. */
export function FunnelCard({ data }: { data: InsightFigures }) {
  const { totals, totalsBefore: before } = data;
  const compared = comparedOf(data);
  const upTo = upToWords({ ...data, compared });
  const against = compared ? spanWords(compared.before) : "";
  const changeIn = (step: keyof typeof totals) =>
    compared && changeOf(compared.totals[step], compared.totalsBefore[step]);
  const steps = [
    { name: "Opened", value: totals.opened, old: before.opened, share: null, change: changeIn("opened") },
    {
      name: "Came to a result",
      value: totals.results,
      old: before.results,
      share: shareOf(totals.results, totals.opened),
      change: changeIn("results"),
    },
    {
      name: "Put a frame into the basket",
      value: totals.carted,
      old: before.carted,
      share: shareOf(totals.carted, totals.opened),
      change: changeIn("carted"),
    },
  ];
  const most = Math.max(1, totals.opened);
  return (
    <ChartCard
      title="From opened to basket"
      hint={
        <>
          Sessions of your widgets, each counted on the day it was opened. A session is one paid use of an app in your
          shop; a reload is the same one. A basket is counted where your shop says so, once for each app that the
          shopper had opened.{against && ` Changes${upTo} are against ${against}.`}
        </>
      }
      file={`funnel-${data.from}-${data.to}`}
      drawn={false}
      figures={{
        columns: ["Step", "Sessions", "Of opened", `Sessions ${spanWords(data.before)}`],
        rows: steps.map(({ name, value, old, share }) => ({
          key: name,
          cells: [name, value, share === null ? null : percent(share), old],
        })),
        format: formatCount,
      }}
    >
      <ol className="grid gap-5 pt-1">
        {steps.map(({ name, value, share, change }, i) => {
          return (
            <li key={name} className="grid gap-2">
              <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
                <span className="min-w-0 flex-1 text-14">{name}</span>
                <span className="text-20 font-semibold">
                  <Figure value={value} compact={value >= 1_000_000} />
                </span>
                <span className="figures w-24 text-right text-13 whitespace-nowrap text-ink-2">
                  {share === null ? (i === 0 ? "sessions" : "–") : `${percent(share)} of all`}
                </span>
              </div>
              <span aria-hidden="true" className="h-3 overflow-hidden rounded-full bg-inset">
                <span
                  className="block h-full rounded-full bg-(--app-adv-001)"
                  style={{ width: `${value === 0 ? 0 : Math.max(0.5, (value / most) * 100)}%` }}
                />
              </span>
              <span className="text-12 text-ink-3" title={against ? `Against ${against}` : undefined}>
                <ChangeLine change={change} upTo={upTo} against={against} />
              </span>
            </li>
          );
        })}
      </ol>
      {totals.carted === 0 && before.carted === 0 && (
        <p className="mt-4 max-w-prose text-13 text-ink-2">
          Your shop has not said yet what goes into the basket.{" "}
          <Link href="/docs/analytics" className="text-accent-ink underline underline-offset-4">
            One line of script
          </Link>{" "}
          does it.
        </p>
      )}
    </ChartCard>
  );
}
