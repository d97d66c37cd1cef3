"use client";

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCompact, formatTokens } from "../format";
import { GRID, TICK, TipCard, X_AXIS, Y_AXIS } from "./axes";

/** A day of the period: what had been used by its end, or what is expected to have been, and between what. */
export interface BurnDay {
  readonly key: string;
  readonly used: number | null;
  readonly expected: number | null;
  readonly band: readonly [number, number] | null;
}

/** What was used so far as a line, how it goes on as a dashed one with its band, and the line where the tokens end. */
export function BurnUp({
  title,
  days,
  available,
  today,
  runsOut,
  short,
  long,
}: {
  title: string;
  days: readonly BurnDay[];
  /** Tokens in all, used and left; null where there is no end to them. */
  available: number | null;
  today: string;
  runsOut: string | null;
  short: (key: string) => string;
  long: (key: string) => string;
}) {
  const top = Math.max(...days.map(({ used, band }) => Math.max(used ?? 0, band?.[1] ?? 0)), 1);
  // Where the tokens last by far, their line would press the chart flat: it is then told in words only.
  const shown = available !== null && available < top * 2.2 ? available : null;
  const place = days.findIndex(({ key }) => key === today);
  // Over the ends of the axis the word would stand on its figures, or half outside.
  const aside = place < 2 ? 24 : place > days.length - 2 ? -8 : 0;
  const begun = days.filter(({ used }) => used !== null).length;
  const tip = (label: unknown) => {
    const day = days.find(({ key }) => key === label);
    if (!day) return null;
    const lines = [
      ...(day.used === null ? [] : [{ name: "Used by then", value: formatTokens(day.used), strong: true }]),
      ...(day.used !== null || day.expected === null
        ? []
        : [{ name: "Expected by then", value: formatTokens(Math.round(day.expected)), strong: true }]),
      ...(day.band && day.used === null
        ? [
            {
              name: "Four times in five",
              value: `${formatCompact(Math.round(day.band[0]))} – ${formatCompact(Math.round(day.band[1]))}`,
            },
          ]
        : []),
    ];
    return <TipCard head={long(day.key)} lines={lines} />;
  };
  return (
    // Before it has measured its place a chart has a size of its own, for which no page may scroll sideways.
    <div className="h-64 overflow-x-clip">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 256 }}>
        <ComposedChart data={days as BurnDay[]} title={title} margin={{ top: 20, right: 12, bottom: 0, left: 0 }}>
          <CartesianGrid {...GRID} />
          <XAxis dataKey="key" {...X_AXIS} tickFormatter={short} />
          <YAxis {...Y_AXIS} domain={[0, "auto"]} />
          <Tooltip
            cursor={{ stroke: "var(--line-strong)" }}
            isAnimationActive={false}
            content={({ label, active }) => (active ? tip(label) : null)}
          />
          <Area
            dataKey="band"
            stroke="none"
            fill="var(--accent)"
            fillOpacity={0.16}
            isAnimationActive={false}
            activeDot={false}
          />
          {shown !== null && (
            <ReferenceLine
              y={shown}
              ifOverflow="extendDomain"
              stroke="var(--red)"
              strokeWidth={1.5}
              label={{ value: "All tokens", position: "insideTopLeft", ...TICK, fill: "var(--red)", dy: -18 }}
            />
          )}
          <ReferenceLine
            x={today}
            stroke="var(--line-control)"
            strokeDasharray="1 3"
            label={{ value: "Today", position: "top", ...TICK, dx: aside }}
          />
          {runsOut !== null && runsOut !== today && (
            <ReferenceLine x={runsOut} stroke="var(--red)" strokeDasharray="1 3" />
          )}
          <Line
            dataKey="used"
            stroke="var(--accent)"
            strokeWidth={2}
            // One day makes no line.
            dot={begun === 1 && { r: 3, fill: "var(--accent)" }}
            isAnimationActive={false}
          />
          <Line
            dataKey="expected"
            stroke="var(--accent)"
            strokeWidth={2}
            strokeDasharray="5 5"
            dot={false}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}
