import { cpus, totalmem } from "node:os";
import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { redis } from "@/lib/redis";
import type { Outcome, Scenario } from "./scenario";

/** A scenario that has been run. */
export interface Finished {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly ms: number;
}

/** What it ran on: figures mean little without. */
export type Machine = Readonly<Record<"cores" | "memory" | "Node" | "Redis" | "Postgres", string>>;

/** Asks the machine, and the stores of the running stack. */
export async function machine(): Promise<Machine> {
  const info = await redis().eval<string[], string>("return redis.call('INFO', 'server')", [], []);
  const [row] = await db().execute(sql`show server_version`);
  return {
    cores: String(cpus().length),
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    Node: process.versions.node,
    Redis: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown",
    Postgres: String(row?.server_version ?? "unknown"),
  };
}

const number = (value: number): string => Math.round(value).toLocaleString("en-US");
const duration = (ms: number): string =>
  ms < 90_000 ? `${(ms / 1000).toFixed(0)} s` : `${(ms / 60_000).toFixed(1)} min`;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** The report as a page of markdown. */
export function markdown(run: {
  readonly finished: readonly Finished[];
  readonly seed: number;
  readonly commit: string;
  readonly machine: Machine;
  readonly date: Date;
}): string {
  const { finished, seed, commit, date } = run;
  const broken = finished.filter(({ outcome }) => outcome.breaches.length > 0);
  const lines = [
    "# Faults, and what they came to",
    "",
    "Written by `npm run faults`. Real processes on one machine, really killed, stopped and cut off from each other; the",
    "clients speak through the real handler and keep a journal of every answer, which is held against the ledger at the end.",
    "",
    `- Date: ${date.toISOString()}`,
    `- Commit: ${commit}`,
    `- Machine: ${Object.entries(run.machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
    `- Seed: ${seed}`,
    `- Verdict: ${broken.length === 0 ? "every promise held" : `BROKEN: ${broken.map(({ scenario }) => scenario.name).join(", ")}`}`,
    "",
    "| scenario | what it shows | verdict | time |",
    "|---|---|---|---|",
    ...finished.map(
      ({ scenario, outcome, ms }) =>
        `| ${scenario.name} | ${cell(scenario.shows)} | ${outcome.breaches.length === 0 ? "held" : "BROKEN"} | ${duration(ms)} |`,
    ),
    "",
  ];
  for (const { scenario, outcome } of finished) {
    lines.push(`## ${scenario.name}`, "", `${scenario.shows}.`, "", "| count | |", "|---|---:|");
    for (const [name, value] of Object.entries(outcome.counts)) lines.push(`| ${cell(name)} | ${number(value)} |`);
    lines.push("");
    if (outcome.breaches.length > 0)
      lines.push("Breaches:", "", ...outcome.breaches.map((text) => `- ${cell(text)}`), "");
    if (scenario.catches.length > 0)
      lines.push("Planted in the product, and found by it:", "", ...scenario.catches.map((text) => `- ${text}`), "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
