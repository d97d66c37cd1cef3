import postgres from "postgres";
import { compared, type Figure, median } from "../figure";
import { type LoadResult, post, program } from "../load";
import { BODY, type Served, type Stand } from "./stand";

const PASSES = 5;
const SECONDS = 1;
/** How long each runs first without being counted: until its code is compiled and its caches are warm. */
const WARM_SECONDS = 4;
const CONNECTIONS = 32;
const CONSUME = "/api/v1/customer/tokens/consume";

const perSecond = (results: readonly LoadResult[]): number[] => results.map((result) => result.perSecond);
const errorsOf = (...all: (readonly LoadResult[])[]): number =>
  all.flat().reduce((sum, result) => sum + result.errors, 0);
const ms = (results: readonly LoadResult[], pick: (result: LoadResult) => number): number =>
  Number(median(results.map(pick)).toFixed(2));
const latencies = (ours: readonly LoadResult[], baseline: readonly LoadResult[]) => ({
  p50_ms: ms(ours, (r) => r.p50),
  p95_ms: ms(ours, (r) => r.p95),
  p99_ms: ms(ours, (r) => r.p99),
  baseline_p50_ms: ms(baseline, (r) => r.p50),
  baseline_p95_ms: ms(baseline, (r) => r.p95),
  baseline_p99_ms: ms(baseline, (r) => r.p99),
});

/** One pass, as long as told. */
type Pass = (seconds: number) => Promise<LoadResult>;

const consume =
  (server: Served, stand: Stand, over: { connections?: number; accounts?: number } = {}): Pass =>
  (seconds) =>
    post({
      url: server.url + CONSUME,
      connections: over.connections ?? CONNECTIONS,
      seconds,
      headers: stand.callers.slice(0, over.accounts).map(({ authorization }) => ({ authorization })),
      body: BODY,
    });

/** Runs the contestants in turn, several times over, and once before that does not count. Writes what they left behind. */
async function inTurn(stand: Stand, contestants: readonly Pass[]): Promise<LoadResult[][]> {
  for (const run of contestants) await run(WARM_SECONDS);
  const results: LoadResult[][] = contestants.map(() => []);
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [i, run] of contestants.entries()) results[i]?.push(await run(SECONDS));
  }
  await stand.drain();
  return results;
}

/** `meter.host_vs_bare`, `meter.host_vs_raw`: the meter against the same script by hand, and by nothing at all. */
export async function againstRedis(stand: Stand, meter: Served): Promise<Figure[]> {
  const { redisUrl, script, callers } = stand;
  const bare = await stand.serve("bench/baselines/bare-redis.ts", {
    given: { script, callers: callers.map(({ authorization, stencil }) => ({ authorization, stencil })) },
  });
  const raw: Pass = (seconds) =>
    program<LoadResult>("bench/baselines/raw-redis.ts", {
      redisUrl,
      script,
      stencils: callers.map(({ stencil }) => stencil),
      window: CONNECTIONS,
      seconds,
    });
  const [ceiling = [], byHand = [], ours = []] = await inTurn(stand, [
    raw,
    consume(bare, stand),
    consume(meter, stand),
  ]);
  await bare.stop();
  const errors = errorsOf(ceiling, byHand, ours);
  const breaches = await stand.breaches();
  const figure = (name: string, baseline: LoadResult[], aim: number) =>
    compared(
      name,
      "requests/s",
      { baseline: perSecond(baseline), ours: perSecond(ours) },
      {
        sound: errors === 0 && breaches === 0,
        aim,
        connections: CONNECTIONS,
        accounts: callers.length,
        ...latencies(ours, baseline),
        errors,
        ledger_breaches: breaches,
      },
    );
  return [figure("meter.host_vs_bare", byHand, 0.9), figure("meter.host_vs_raw", ceiling, 0.8)];
}

/** `meter.host_vs_postgres_hot`, `…_spread`: against the transaction one would write, on one account and on all. */
export async function againstPostgres(stand: Stand, meter: Served): Promise<Figure[]> {
  const owner = postgres(stand.ownerUrl, { max: 1, onnotice: () => {} });
  const { callers } = stand;
  try {
    await owner`create table bench_accounts (id uuid primary key, balance bigint not null check (balance >= 0))`;
    await owner`create table bench_usage (id bigint generated always as identity primary key, account uuid not null
      references bench_accounts, app_id text not null, tokens bigint not null, session_id text, created_at timestamptz
      not null default now())`;
    await owner`create index on bench_usage (account, created_at desc)`;
    await owner`insert into bench_accounts select unnest(${callers.map(({ brand }) => brand.customerId)}::uuid[]), 1000000000`;
    const server = await stand.serve("bench/baselines/bare-postgres.ts", {
      given: {
        databaseUrl: stand.ownerUrl,
        callers: callers.map(({ authorization, brand }) => ({ authorization, account: brand.customerId })),
      },
    });
    const figures: Figure[] = [];
    for (const [name, accounts, aim] of [
      ["meter.host_vs_postgres_hot", 1, 12],
      ["meter.host_vs_postgres_spread", callers.length, 5],
    ] as const) {
      const [usual = [], ours = []] = await inTurn(stand, [
        consume(server, stand, { accounts }),
        consume(meter, stand, { accounts }),
      ]);
      const errors = errorsOf(usual, ours);
      const [spent] = await owner<{ same: boolean }[]>`select (select sum(1000000000 - balance) from bench_accounts)
        = (select coalesce(sum(tokens), 0) from bench_usage) as same`;
      const breaches = await stand.breaches();
      figures.push(
        compared(
          name,
          "requests/s",
          { baseline: perSecond(usual), ours: perSecond(ours) },
          {
            sound: errors === 0 && breaches === 0 && spent?.same === true,
            aim,
            connections: CONNECTIONS,
            accounts,
            ...latencies(ours, usual),
            errors,
            ledger_breaches: breaches,
          },
        ),
      );
    }
    await server.stop();
    return figures;
  } finally {
    await owner.end();
  }
}

/** `meter.callers_1000`: a thousand callers at once, each waiting for its answer before it asks again. */
export async function manyCallers(stand: Stand, meter: Served): Promise<Figure> {
  const [results = []] = await inTurn(stand, [consume(meter, stand, { connections: 1_000 })]);
  const errors = errorsOf(results);
  const breaches = await stand.breaches();
  const p95 = ms(results, (r) => r.p95);
  return {
    name: "meter.callers_1000",
    value: p95,
    unit: "ms (p95)",
    baseline: null,
    ratio: null,
    valid: errors === 0 && breaches === 0,
    aim: 200,
    requests_per_second: Math.round(median(perSecond(results))),
    p50_ms: ms(results, (r) => r.p50),
    p99_ms: ms(results, (r) => r.p99),
    errors,
    ledger_breaches: breaches,
  };
}

/** The age of the oldest event that is not in the ledger yet, seconds. */
async function lagOf(stand: Stand): Promise<number> {
  const heads = await stand.connection.sendAll(stand.outboxes.map((key) => ["XRANGE", key, "-", "+", "COUNT", "1"]));
  const born = heads.flatMap((outcome) => {
    const [entry] = (outcome.kind === "reply" ? outcome.value : []) as [string, string[]][];
    return entry ? [Number(entry[0].split("-")[0])] : [];
  });
  return born.length === 0 ? 0 : (Date.now() - Math.min(...born)) / 1000;
}

/** `meter.with_drain_vs_alone`: what the drain costs the callers where both share the machine, and how far it falls behind. */
export async function withDrain(stand: Stand, alone: Served): Promise<Figure> {
  const both = await stand.serve("src/meter/index.ts", { env: { METER_REDIS_URL: stand.redisUrl, METER_DRAIN: "on" } });
  let largest = 0;
  let watching = false;
  const watched: Pass = async (seconds) => {
    // What the pass before has left is not this one's lag.
    await stand.drain();
    watching = true;
    const watch = (async () => {
      while (watching) {
        largest = Math.max(largest, await lagOf(stand));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const result = await consume(both, stand)(seconds);
    // What is left when the callers stop is drained in the next quarter of a second, and its age counts.
    await new Promise((resolve) => setTimeout(resolve, 500));
    watching = false;
    await watch;
    return result;
  };
  const [without = [], ours = []] = await inTurn(stand, [consume(alone, stand), watched]);
  await both.stop();
  await stand.drain();
  const errors = errorsOf(without, ours);
  const breaches = await stand.breaches();
  return compared(
    "meter.with_drain_vs_alone",
    "requests/s",
    { baseline: perSecond(without), ours: perSecond(ours) },
    {
      sound: errors === 0 && breaches === 0,
      aim: 0.5,
      largest_lag_s: Number(largest.toFixed(2)),
      ...latencies(ours, without),
      errors,
      ledger_breaches: breaches,
    },
  );
}
