import type { Log } from "./part";

const coloured = process.env.FORCE_COLOR
  ? process.env.FORCE_COLOR !== "0"
  : Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
const paint = (code: number, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);

// Told apart on light and dark grounds alike.
const COLOURS: Record<string, number> = { postgres: 34, redis: 31, bridge: 35, next: 36, worker: 33, storefront: 32 };
const WIDTH = Math.max(...Object.keys(COLOURS).map((name) => name.length));

/** One log for all parts: each line under its part's name. */
export const logPart: Log = (part, line) => {
  console.log(`${paint(COLOURS[part] ?? 90, part.padEnd(WIDTH))} ${paint(90, "│")} ${line}`);
};

/** A duration for people: "35 ms", "2.6 s". */
export const inWords = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** One line for a step that is done: what, where, how long. */
export function printStep(name: string, detail: string, ms: number): void {
  console.log(`${paint(32, "✓")} ${name.padEnd(12)}${detail} ${paint(90, inWords(ms))}`);
}

/** A table of names and values, set off from the log around it. */
export function printTable(rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  console.log(`\n${rows.map(([name, value]) => `  ${paint(1, name.padEnd(width))}${value}`).join("\n")}\n`);
}
