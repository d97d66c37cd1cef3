"use client";

import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { GRID, TipCard, X_AXIS, Y_AXIS } from "./axes";

/** One bar: what goes up from the line and what goes down, in the order of the layers. */
export interface SignedBar {
  readonly key: string;
  /** Below zero where it goes down. */
  readonly values: readonly number[];
}

/** Movements up and down by step of time, stacked on both sides of a line. */
export function SignedBars({
  title,
  bars,
  layers,
  short,
  format,
}: {
  title: string;
  bars: readonly SignedBar[];
  layers: readonly { readonly name: string; readonly color: string }[];
  short: (key: string) => string;
  format: (value: number) => string;
}) {
  const tip = (label: unknown) => {
    const bar = bars.find(({ key }) => key === label);
    if (!bar) return null;
    const lines = layers
      .map(({ name, color }, i) => ({ name, color, amount: bar.values[i] ?? 0 }))
      .filter(({ amount }) => amount !== 0)
      .map(({ name, color, amount }) => ({ name, color, value: format(amount) }));
    const sum = bar.values.reduce((total, value) => total + value, 0);
    return <TipCard head={short(bar.key)} lines={[...lines, { name: "Together", value: format(sum), strong: true }]} />;
  };
  return (
    // Before it has measured its place a chart has a size of its own, for which no page may scroll sideways.
    <div className="h-64 overflow-x-clip">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 720, height: 256 }}>
        <BarChart
          data={bars as SignedBar[]}
          title={title}
          stackOffset="sign"
          margin={{ top: 8, right: 4, bottom: 0, left: 8 }}
          barCategoryGap="22%"
        >
          <CartesianGrid {...GRID} />
          <XAxis dataKey="key" {...X_AXIS} tickFormatter={(key: string) => short(key)} />
          <YAxis {...Y_AXIS} width={56} tickFormatter={(value: number) => format(value)} />
          <ReferenceLine y={0} stroke="var(--line-control)" />
          <Tooltip
            cursor={{ fill: "var(--inset)" }}
            isAnimationActive={false}
            content={({ label, active }) => (active ? tip(label) : null)}
          />
          {layers.map(({ name, color }, i) => (
            <Bar
              key={name}
              name={name}
              dataKey={(bar: SignedBar) => bar.values[i] ?? 0}
              stackId="moved"
              fill={color}
              stroke="var(--surface)"
              strokeWidth={1}
              maxBarSize={36}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
