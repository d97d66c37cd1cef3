import { performance } from "node:perf_hooks";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import type { Dashboard } from "@/features/usage/dashboard/contract";
import { dashboard, entriesOfDay } from "@/features/usage/dashboard/queries";
import { shiftDate, spanBefore } from "@/features/usage/dashboard/rules";
import { forecast } from "@/features/usage/forecast/queries";
import { partsOf } from "@/features/usage/packed/queries";
import { cutAt } from "@/features/usage/packed/rules";
import { mintCustomerId } from "@/lib/ids";
import { startThrowAway } from "../dev/stack/throw-away";
import type { Figure, Group } from "./figure";
import { fillUsage } from "./usage-data";

const BRANDS = 1_000;
const SMALL = 1_000_000;
const LARGE = 10_000_000;
/** Brands that are asked about at each size, those asked before them to warm the code, and the days a question is about. */
const ASKED = 150;
const WARMING = 50;
const DAYS = 90;

const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
const rounded = (value: number): number => Number(value.toPrecision(4));

/** The dashboard's questions, asked of the uses themselves: what one would write without rollups. */
function rawQuestions(customerId: string, from: string, to: string, before: string) {
  const own = (first: string) => sql`t.customer_id = ${customerId} and t.mode = 'live' and t.refunded_at is null
    and t.created_at >= ${first}::date::timestamptz and t.created_at < (${to}::date + 1)::timestamptz`;
  return [
    sql`select t.created_at::date, a.catalog_id, sum(t.tokens_consumed), count(*), avg(usage_took(t.metadata))
      from token_usage t join apps a on a.id = t.app_id where ${own(before)} group by 1, 2`,
    sql`select extract(isodow from t.created_at) as day, extract(hour from t.created_at) as hour, sum(t.tokens_consumed) as tokens
      from token_usage t where ${own(from)} group by 1, 2`,
    sql`select t.created_at < ${from}::date, count(distinct coalesce(t.metadata->>'user_id', t.session_id))
      from token_usage t where ${own(before)} group by 1`,
    sql`select f.facet, f.value, sum(t.tokens_consumed) as tokens, count(*) from token_usage t
      cross join lateral (values ('key', t.key_id), ('product', usage_product(t.metadata)), ('country', usage_country(t.metadata)))
        f(facet, value) where ${own(from)} and f.value is not null group by 1, 2 order by 3 desc limit 100`,
  ];
}

interface Taken {
  readonly ours: number[];
  readonly raw: number[];
  /** By question, ms. */
  readonly each: Record<string, number[]>;
  /** Answers that differ from the raw table's. */
  readonly wrong: number;
}

/** Asks everything of some brands, each once and in an order that repeats no brand; the first of them are not counted. */
async function ask(ids: readonly string[], today: string): Promise<Taken> {
  let taken: Taken & { wrong: number } = { ours: [], raw: [], each: {}, wrong: 0 };
  const query = { from: shiftDate(today, 1 - DAYS), to: today };
  const before = spanBefore(query).from;
  const timed = async <T>(name: string | null, act: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const answer = await act();
    if (name) {
      taken.each[name] ??= [];
      taken.each[name].push(performance.now() - begun);
    }
    return answer;
  };
  const stride = 397;
  for (let i = 0; i < WARMING + ASKED; i++) {
    if (i === WARMING) taken = { ours: [], raw: [], each: {}, wrong: taken.wrong };
    const customerId = mintCustomerId(ids[(i * stride) % ids.length] ?? "");
    const ctx: Ctx = { db: db(), customerId, actor: { type: "system", id: "bench" } };
    const scope = { ctx, mode: "live" } as const;
    const begun = performance.now();
    const answer = await dashboard(ctx, { mode: "live", query });
    taken.ours.push(performance.now() - begun);
    await db().transaction(async (tx) => {
      // Cut where the page cuts: what is compared ends yesterday.
      const spans = cutAt({ from: before, to: today }, [query.from, today, shiftDate(query.from, -1)]);
      await timed("parts", () => partsOf(tx, scope, spans, query.from));
    });
    await timed("forecast", () => forecast(ctx, { mode: "live" }));
    await timed("entries", () => entriesOfDay(ctx, { mode: "live", query: { date: shiftDate(today, -3) } }));
    let raw = 0;
    const told: Record<string, unknown>[][] = [];
    for (const question of rawQuestions(customerId, query.from, today, before)) {
      const started = performance.now();
      told.push(await db().execute(question));
      raw += performance.now() - started;
    }
    taken.raw.push(raw);
    if (!isTold(answer, told)) taken.wrong++;
  }
  return taken;
}

/** Whether an answer says of hours, keys and products what the uses themselves do. */
function isTold(
  { totals, hours, keys, products }: Dashboard,
  [, byHour = [], , facets = []]: Record<string, unknown>[][],
) {
  const at = (row: Record<string, unknown>) => (Number(row.day) - 1) * 24 + Number(row.hour);
  const named = new Map(facets.map((row) => [`${row.facet} ${row.value}`, Number(row.tokens)]));
  const isNamed = (facet: string, { parts }: Dashboard["keys"]) =>
    parts.every(({ value, tokens }) => named.get(`${facet} ${value}`) === tokens);
  return (
    byHour.reduce((sum, row) => sum + Number(row.tokens), 0) === totals.tokens &&
    byHour.every((row) => hours[at(row)] === Number(row.tokens)) &&
    isNamed("key", keys) &&
    isNamed("product", products)
  );
}

/**
 * `usage.p95_10m_ms`: the whole answer of the usage page over 90 days and the 90 before, of one of 1,000 brands with ten
 * million uses between them, against the same questions asked of the uses. `usage.flat_10m_vs_1m`: how many times as long it
 * takes as with one million.
 */
export const usage: Group = async function* (): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench", {});
  Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
  const owner = postgres(services.env.DATABASE_OWNER_URL ?? "", { max: 2, onnotice: () => {} });
  try {
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    const today = new Date().toISOString().slice(0, 10);
    const ids = await fillUsage(owner, { brands: BRANDS, from: 0, to: SMALL, today });
    const small = await ask(ids, today);
    await fillUsage(owner, { brands: BRANDS, from: SMALL, to: LARGE, today });
    const large = await ask(ids, today);
    const p95 = ({ ours, raw }: Taken) => ({ ours: percentile(ours, 0.95), raw: percentile(raw, 0.95) });
    const [few, many] = [p95(small), p95(large)];
    const sound = small.wrong === 0 && large.wrong === 0;
    const eachOf = ({ each }: Taken) =>
      Object.fromEntries(Object.entries(each).map(([name, values]) => [name, rounded(percentile(values, 0.95))]));
    yield {
      name: "usage.p95_10m_ms",
      value: rounded(many.ours),
      unit: "ms",
      baseline: rounded(many.raw),
      ratio: rounded(many.ours / many.raw),
      valid: sound,
      aim: 100,
      p50: rounded(percentile(large.ours, 0.5)),
      raw_p50: rounded(percentile(large.raw, 0.5)),
      p95_each: eachOf(large),
      rows: LARGE,
      brands: BRANDS,
      asked: ASKED,
      wrong: large.wrong,
    };
    yield {
      name: "usage.flat_10m_vs_1m",
      value: rounded(many.ours / few.ours),
      unit: "times",
      baseline: rounded(many.raw / few.raw),
      ratio: rounded(many.ours / few.ours / (many.raw / few.raw)),
      valid: sound,
      p95_1m_ms: rounded(few.ours),
      p50_1m_ms: rounded(percentile(small.ours, 0.5)),
      raw_p95_1m_ms: rounded(few.raw),
      p95_each_1m: eachOf(small),
      wrong: small.wrong,
    };
  } finally {
    await owner.end();
    await closeDb();
    await services.stop();
  }
};
