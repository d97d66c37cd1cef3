"use client";

import { useEffect, useRef, useState } from "react";
import { formatTokens } from "../format";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const LEFT = 36;
const TOP = 20;
const ROW = 29;
const HEIGHT = TOP + 7 * ROW;
/** Drawn so wide until it is known how wide there is room for. */
const FIRST_WIDTH = 720;

const hourName = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

/** An hour of the week in words: `Saturday, 20:00 to 21:00`. */
export const weekHour = (at: number): string =>
  `${NAMES[Math.floor(at / 24)]}, ${hourName(at % 24)} to ${hourName((at % 24) + 1)}`;

/**
 * Amounts by hour of the week, the more the stronger. The busiest hour is told in words below, every one in the table
 * behind the chart.
 */
export function WeekGrid({ title, hours }: { title: string; hours: readonly number[] }) {
  const [at, setAt] = useState<number | null>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width || FIRST_WIDTH));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const step = (width - LEFT) / 24;
  const gap = step > 20 ? 3 : 1.5;
  const most = Math.max(...hours, 1);
  const top = hours.indexOf(Math.max(...hours));
  const told = at ?? top;
  return (
    <div ref={box}>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        className="chart block max-w-full"
        role="img"
        aria-label={`${title}. The most in an hour: ${weekHour(top)}, ${formatTokens(hours[top] ?? 0)}.`}
        onPointerLeave={() => setAt(null)}
      >
        {(step > 20 ? [0, 3, 6, 9, 12, 15, 18, 21] : [0, 6, 12, 18]).map((hour) => (
          <text key={hour} x={LEFT + hour * step} y={12} fill="var(--ink-3)" fontSize={12}>
            {hourName(hour)}
          </text>
        ))}
        {DAYS.map((day, row) => (
          <text key={day} x={0} y={TOP + row * ROW + 18} fill="var(--ink-3)" fontSize={12}>
            {day}
          </text>
        ))}
        {hours.map((value, hour) => (
          <rect
            key={weekHour(hour)}
            x={LEFT + (hour % 24) * step}
            y={TOP + Math.floor(hour / 24) * ROW}
            width={step - gap}
            height={ROW - gap}
            rx={step > 20 ? 4 : 2}
            fill={value > 0 ? "var(--accent)" : "var(--inset)"}
            // The root draws small amounts apart: they are the most frequent ones.
            fillOpacity={value > 0 ? 0.1 + 0.9 * Math.sqrt(value / most) : 1}
            stroke={hour === at ? "var(--ink)" : "none"}
            strokeWidth={1.5}
            onPointerEnter={() => setAt(hour)}
          />
        ))}
      </svg>
      <p className="mt-3 text-13 text-ink-2">
        {at === null && "Busiest: "}
        <span className="text-ink">{weekHour(told)}</span>
        <span className="figures">, {formatTokens(hours[told] ?? 0)}</span>
      </p>
    </div>
  );
}
