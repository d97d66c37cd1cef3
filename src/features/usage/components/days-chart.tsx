"use client";

import { ChartCard } from "@/components/chart/chart-card";
import { StackedDays } from "@/components/chart/stacked-days";
import { formatCount } from "@/components/format";
import { appHue } from "@/components/icons/apps";
import type { Dashboard } from "../dashboard/contract";
import { type Series, seriesOf } from "../dashboard/rules";
import { useView } from "./view";
import { longDate, shortDate, spanWords } from "./words";

/** Tokens by day, stacked by app, over the period before as a dotted line. A day leads to its uses. */
export function DaysChart({ data, periodStart }: { data: Dashboard; periodStart: string }) {
  const { day, setView } = useView(periodStart);
  const used = data.apps.filter((app) => app.tokens > 0);
  const series = seriesOf(used);
  const value = (apps: readonly number[], { at }: Series) => at.reduce((sum, i) => sum + (apps[i] ?? 0), 0);
  const before = `${spanWords(data.before)}, day by day`;
  const pick = (date: string) => {
    setView({ day: date, app: null });
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("uses")?.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
  };
  return (
    <ChartCard
      title="Tokens by day"
      hint={
        <>
          What the uses of each day cost, by app, refunded ones left out. Days are your brand&rsquo;s own,{" "}
          {data.timeZone}.{data.to === data.today && " Today is not over."} Press a day to see its uses.
        </>
      }
      file={`tokens-by-day-${data.from}-${data.to}`}
      figures={{
        columns: ["Day", ...used.map(({ name }) => name), "Tokens", "Sessions", "Tokens the period before"],
        rows: data.days.map(({ date, apps, tokens, sessions, before }) => ({
          key: date,
          cells: [date, ...apps.slice(0, used.length), tokens, sessions, before],
        })),
        format: formatCount,
        onPick: pick,
      }}
      note={
        <ul className="flex flex-wrap gap-x-5 gap-y-1.5">
          {series.map(({ appId, name, tokens }) => (
            <li key={name} className="flex items-center gap-2 text-13">
              <span aria-hidden="true" className="h-3 w-1 rounded-full" style={{ background: appHue(appId) }} />
              {name}
              <span className="figures text-ink-3">{formatCount(tokens)}</span>
            </li>
          ))}
          <li className="flex items-center gap-2 text-13 text-ink-2">
            <svg width="18" height="4" aria-hidden="true">
              <line
                x1="1"
                y1="2"
                x2="17"
                y2="2"
                stroke="var(--ink-3)"
                strokeWidth="1.5"
                strokeDasharray="2 4"
                strokeLinecap="round"
              />
            </svg>
            {spanWords(data.before)}
            <span className="figures text-ink-3">{formatCount(data.totalsBefore.tokens)}</span>
          </li>
        </ul>
      }
    >
      <StackedDays
        title="Tokens by day, stacked by app. Arrow keys move from day to day; the table holds every figure."
        days={data.days.map(({ date, apps, before }) => ({
          key: date,
          // The largest at the foot.
          values: series.map((one) => value(apps, one)),
          before,
        }))}
        layers={series.map(({ appId, name }) => ({ name, color: appHue(appId) }))}
        short={shortDate}
        long={longDate}
        beforeName={before}
        picked={day !== null && data.days.some(({ date }) => date === day) ? day : null}
        onPick={pick}
      />
    </ChartCard>
  );
}
