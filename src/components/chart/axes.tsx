import { formatCompact } from "../format";

/** How the axes of every chart look. */
export const TICK = { fill: "var(--ink-3)", fontSize: 12 } as const;
export const GRID = { vertical: false, stroke: "var(--line)" } as const;
export const X_AXIS = {
  tickLine: false,
  axisLine: { stroke: "var(--line-strong)" },
  tick: TICK,
  tickMargin: 8,
  minTickGap: 24,
} as const;
export const Y_AXIS = {
  width: 44,
  tickLine: false,
  axisLine: false,
  tick: TICK,
  tickFormatter: formatCompact,
  allowDecimals: false,
} as const;

/** What floats beside the pointer: a head, and lines with a swatch, a name and an amount each. */
export function TipCard({
  head,
  lines,
}: {
  head: string;
  lines: readonly {
    readonly name: string;
    readonly value: string;
    readonly color?: string;
    readonly strong?: boolean;
  }[];
}) {
  return (
    <div className="min-w-44 rounded-card border border-line bg-surface p-3 text-12 shadow-float">
      <p className="mb-1.5 font-medium text-ink">{head}</p>
      <ul className="grid gap-1">
        {lines.map(({ name, value, color, strong }) => (
          <li key={name} className="flex items-center gap-2 text-ink-2">
            {color && (
              <span aria-hidden="true" className="h-3 w-1 shrink-0 rounded-full" style={{ background: color }} />
            )}
            <span className={strong ? "flex-1 font-medium text-ink" : "flex-1"}>{name}</span>
            <span className={strong ? "figures font-medium text-ink" : "figures"}>{value}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
