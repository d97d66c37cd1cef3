"use client";

import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatCount, formatTokens } from "../format";
import { GRID, TipCard, X_AXIS, Y_AXIS } from "./axes";

/** One colour of the stack. */
export interface Layer {
  readonly name: string;
  readonly color: string;
}
/** One bar: the amounts of its layers in their order, and what it is compared with. */
export interface StackedDay {
  readonly key: string;
  readonly values: readonly number[];
  readonly before: number;
}

/**
 * Amounts by day, stacked, with what was there before as a dotted line. A press on a day picks it. Arrow keys move from day
 * to day.
 */
export function StackedDays({
  title,
  days,
  layers,
  short,
  long,
  beforeName,
  unit,
  picked,
  onPick,
}: {
  title: string;
  days: readonly StackedDay[];
  layers: readonly Layer[];
  /** A day in few words, under the axis, and in more, beside the pointer. */
  short: (key: string) => string;
  long: (key: string) => string;
  beforeName: string;
  /** What is counted, where it is not tokens. */
  unit?: string;
  picked: string | null;
  /** Without it, a day leads nowhere. */
  onPick?: (key: string) => void;
}) {
  const rows = days.map((day) => ({ ...day, total: day.values.reduce((sum, value) => sum + value, 0) }));
  const tip = (label: unknown) => {
    const row = rows.find(({ key }) => key === label);
    if (!row) return null;
    const lines = layers
      .map(({ name, color }, i) => ({ name, color, amount: row.values[i] ?? 0 }))
      .filter(({ amount }) => amount > 0)
      .map(({ name, color, amount }) => ({ name, color, value: formatCount(amount) }));
    return (
      <TipCard
        head={long(row.key)}
        lines={[
          ...lines.toReversed(),
          {
            name: "Together",
            value: unit ? `${formatCount(row.total)} ${unit}` : formatTokens(row.total),
            strong: true,
          },
          { name: beforeName, value: formatCount(row.before) },
        ]}
      />
    );
  };
  return (
    // Before it has measured its place a chart has a size of its own, for which no page may scroll sideways.
    <div className="h-72 overflow-x-clip">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 720, height: 288 }}>
        <ComposedChart
          data={rows}
          title={title}
          margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
          barCategoryGap="18%"
          className={onPick && "cursor-pointer"}
          onClick={({ activeLabel }) => {
            if (activeLabel !== undefined) onPick?.(String(activeLabel));
          }}
        >
          <CartesianGrid {...GRID} />
          <XAxis dataKey="key" {...X_AXIS} tickFormatter={short} />
          <YAxis {...Y_AXIS} />
          <Tooltip
            cursor={{ fill: "var(--inset)" }}
            isAnimationActive={false}
            content={({ label, active }) => (active ? tip(label) : null)}
          />
          {layers.map(({ name, color }, i) => (
            <Bar
              key={name}
              name={name}
              dataKey={(row: (typeof rows)[number]) => row.values[i] ?? 0}
              stackId="day"
              fill={color}
              stroke="var(--surface)"
              strokeWidth={1}
              maxBarSize={30}
              isAnimationActive={false}
              shape={
                picked === null
                  ? undefined
                  : (bar: { x?: number; y?: number; width?: number; height?: number; payload?: { key: string } }) => (
                      <rect
                        x={bar.x}
                        y={bar.y}
                        width={bar.width}
                        height={Math.max(0, bar.height ?? 0)}
                        fill={color}
                        stroke="var(--surface)"
                        opacity={bar.payload?.key === picked ? 1 : 0.35}
                      />
                    )
              }
            />
          ))}
          <Line
            dataKey="before"
            name={beforeName}
            stroke="var(--ink-3)"
            strokeWidth={1.5}
            strokeDasharray="2 4"
            strokeLinecap="round"
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}
