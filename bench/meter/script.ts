import { PLAIN_SCRIPT, plainAccount } from "../baselines/plain-script";
import { compared, type Figure } from "../figure";
import { type LoadResult, program } from "../load";
import type { Stencil } from "../stencil";
import type { Stand } from "./stand";

const PASSES = 5;
const SECONDS = 2;
const WINDOW = 32;

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
    await stand.drain();
  }
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

/** `meter.event_bytes`, `meter.operation_bytes`: what Redis keeps for a use until it is drained, and for 25 hours. */
export async function bytes(stand: Stand): Promise<Figure[]> {
  const used = async () => Number(/used_memory:(\d+)/.exec(await told(stand, ["INFO", "memory"]))?.[1]);
  await stand.drain();
  const before = await used();
  const { result } = await timed(
    stand,
    stand.script,
    stand.callers.map(({ stencil }) => stencil),
  );
  const full = await used();
  const written = await stand.drain();
  const after = await used();
  const figure = (name: string, value: number): Figure => ({
    name,
    value: Math.round(value),
    unit: "bytes",
    baseline: null,
    ratio: null,
    valid: result.errors === 0 && written === result.answers,
    uses: written,
  });
  return [
    figure("meter.event_bytes", (full - after) / written),
    figure("meter.operation_bytes", (after - before) / written),
  ];
}
