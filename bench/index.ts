import { spawn } from "node:child_process";
import { once } from "node:events";
import { activation } from "./activation";
import { billing } from "./billing";
import { drain } from "./drain";
import { edge } from "./edge";
import type { Group } from "./figure";
import { loader } from "./loader";
import { marketplace } from "./marketplace";
import { meter } from "./meter";
import { products } from "./products";
import { usage } from "./usage";

/** Groups of figures, by the first part of their names. */
const GROUPS: Record<string, Group> = { meter, drain, edge, loader, activation, marketplace, billing, products, usage };

/**
 * `npm run -s bench -- [group or figure…]`: one JSON line per figure. Minutes, on an otherwise idle machine. Each group runs
 * in a process of its own: what one has opened, warmed or filled says nothing about the next.
 */
const asked = process.argv.slice(2);
const groupOf = (name: string): string => name.replace(/\..*$/, "");
const unknown = asked.filter((name) => !(groupOf(name) in GROUPS));
const chosen = Object.keys(GROUPS).filter(
  (group) => asked.length === 0 || asked.some((name) => groupOf(name) === group),
);

async function measure(group: string): Promise<void> {
  const names = asked.filter((name) => groupOf(name) === group);
  const all = names.length === 0 || names.includes(group);
  const figures = GROUPS[group]?.((...wanted) => all || wanted.some((name) => names.includes(name))) ?? [];
  for await (const figure of figures) console.log(JSON.stringify(figure));
}

if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(", ")}. There are ${Object.keys(GROUPS).join(", ")}.`);
  process.exitCode = 2;
} else if (chosen.length === 1 && chosen[0]) {
  await measure(chosen[0]);
} else {
  for (const group of chosen) {
    const names = asked.filter((name) => groupOf(name) === group);
    const own = names.length > 0 ? names : [group];
    const child = spawn(process.execPath, ["src/cli/run.mjs", "bench/index.ts", ...own], { stdio: "inherit" });
    const [code] = await once(child, "exit");
    // The others are still worth measuring.
    if (code !== 0) process.exitCode = 1;
  }
}
