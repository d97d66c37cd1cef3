import { PLAIN_SCRIPT, plainAccount } from "../baselines/plain-script";
import { compared, type Figure } from "../figure";
import { type LoadResult, program } from "../load";
import type { Stencil } from "../stencil";
import type { Stand } from "./stand";

const PASSES = 5;
const SECONDS = 1;
const WINDOW = 32;
/** How many operations' records are weighed. */
const SAMPLE = 5_000;

async function told(stand: Stand, command: readonly string[]): Promise<string> {
  const outcome = await stand.connection.send(command);
  if (outcome.kind !== "reply") throw new Error(`${command.join(" ")}: ${JSON.stringify(outcome)}`);
  return String(outcome.value);
}

/** Runs a script for a while and asks Redis how long a call of it took, in microseconds of Redis' own time. */
async function timed(stand: Stand, script: string, stencils: readonly Stencil[]) {
  await told(stand, ["CONFIG", "RESETSTAT"]);
  const { redisUrl } = stand;
  const result = await program<LoadResult>("bench/baselines/raw-redis.ts", {
    redisUrl,
    script,
    stencils,
    window: WINDOW,
    seconds: SECONDS,
  });
  const stats = await told(stand, ["INFO", "commandstats"]);
  const micros = Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(stats)?.[1]);
  return { result, micros };
}

/** `meter.script_vs_plain`: a call of our script against one of the plain script, in Redis' own microseconds. */
export async function scripts(stand: Stand): Promise<Figure> {
  const plain = stand.callers.map((_, i) => plainAccount(i));
  await stand.connection.sendAll(plain.flatMap(({ set }) => set));
  const times = { baseline: [] as number[], ours: [] as number[] };
  let errors = 0;
  for (let pass = -1; pass < PASSES; pass++) {
    const baseline = await timed(
      stand,
      PLAIN_SCRIPT,
      plain.map(({ stencil }) => stencil),
    );
    const ours = await timed(
      stand,
      stand.script,
      stand.callers.map(({ stencil }) => stencil),
    );
    errors += baseline.result.errors + ours.result.errors;
    if (pass >= 0) {
      times.baseline.push(baseline.micros);
      times.ours.push(ours.micros);
    }
  }
  await stand.drain();
  for (let i = 0; i < 64; i++) await stand.connection.send(["DEL", `{plain${i}}:outbox`]);
  const breaches = await stand.breaches();
  return compared("meter.script_vs_plain", "µs a call", times, {
    sound: errors === 0 && breaches === 0,
    aim: 0.9,
    lower_is_better: true,
    errors,
    ledger_breaches: breaches,
  });
}

/** What a key with an expiry takes beside what MEMORY USAGE counts: its entry in the table of expiries, and both tables' buckets. */
const EXPIRY_BYTES = 24 + 2 * 12;

/** `meter.event_bytes`, `meter.operation_bytes`: what Redis keeps for a use until it is drained, and for 25 hours. */
export async function bytes(stand: Stand): Promise<Figure[]> {
  await stand.drain();
  const { result } = await timed(
    stand,
    stand.script,
    stand.callers.map(({ stencil }) => stencil),
  );
  const usage = async (keys: readonly string[]): Promise<number[]> =>
    Promise.all(keys.map(async (key) => Number(await told(stand, ["MEMORY", "USAGE", key, "SAMPLES", "0"]))));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const waiting = await Promise.all(stand.outboxes.map(async (key) => Number(await told(stand, ["XLEN", key]))));
  const used = stand.outboxes.filter((_, i) => (waiting[i] ?? 0) > 0);
  const event = sum(await usage(used)) / sum(waiting);

  const operations: string[] = [];
  for (let cursor = "0", first = true; first || (cursor !== "0" && operations.length < SAMPLE); first = false) {
    const outcome = await stand.connection.send(["SCAN", cursor, "MATCH", "*:op:*", "COUNT", "1000"]);
    const [next, keys] = (outcome.kind === "reply" ? outcome.value : ["0", []]) as [string, string[]];
    cursor = next;
    operations.push(...keys);
  }
  const operation = sum(await usage(operations)) / operations.length + EXPIRY_BYTES;
  const written = await stand.drain();
  const figure = (name: string, value: number, of: number): Figure => ({
    name,
    value: Math.round(value),
    unit: "bytes",
    baseline: null,
    ratio: null,
    valid: result.errors === 0 && written === result.answers,
    of,
  });
  return [
    figure("meter.event_bytes", event, sum(waiting)),
    figure("meter.operation_bytes", operation, operations.length),
  ];
}
