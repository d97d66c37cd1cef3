import { eq } from "drizzle-orm";
import { deadLetters, ledgerEntries, lossReports } from "@/db/schema/metering";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { accountKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { type Expected, ID } from "./answers";
import { idOf, MODES, type Mode, type State } from "./state";
import type { Answered, World } from "./world";

/** What the product did against what the model says. Each of these throws a sentence where they differ. */

export class Differs extends Error {}

/** Says what differs, as JSON. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Differs(`${what}\n  product: ${a}\n  model:   ${b}`);
}

/** An answer against what was expected of it; learns the ids that only answers tell, and the first answer's bytes. */
export function sameAnswer(s: State, what: string, actual: Answered, expected: Expected): void {
  const body = JSON.parse(actual.text || "{}") as Record<string, unknown>;
  const { code, learn } = expected;
  same(`${what}: status and code`, [actual.status, body.code ?? null], [expected.status, code ?? null]);
  if (code) {
    for (const [field, value] of Object.entries(expected.body ?? {})) same(`${what}: ${field}`, body[field], value);
    if (expected.retryAfter) same(`${what}: Retry-After`, actual.retryAfter, expected.retryAfter);
    return;
  }
  const wild = learn?.field;
  if (learn && wild && expected.body?.[wild] === ID) {
    const id = String(body[wild]);
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new Differs(`${what}: no ${wild} in ${actual.text}`);
    if (learn.ref in s.ids) same(`${what}: ${wild}`, id, s.ids[learn.ref]);
    else if (Object.values(s.ids).includes(id)) throw new Differs(`${what}: ${wild} ${id} was told of another one`);
    s.ids[learn.ref] = id;
  }
  const filled = Object.entries(expected.body ?? {}).map(([name, value]) => [name, value === ID ? body[name] : value]);
  same(`${what}: body`, Object.entries(body), filled);
  if (expected.text != null) same(`${what}: bytes of the first answer`, actual.text, expected.text);
  if (expected.replayed !== undefined) same(`${what}: Idempotent-Replayed`, actual.replayed, expected.replayed);
  if (learn) learn.of.text ??= actual.text;
}

const day = (n: string): string => new Date(Number(n) * 86_400_000).toISOString().slice(0, 10);
const month = (n: string): string =>
  `${Math.floor((Number(n) - 1) / 12)}-${String(((Number(n) - 1) % 12) + 1).padStart(2, "0")}`;
const expiry = (text: string): number | null => (text === "0" ? null : Number(text));
const known = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);

/** What Redis holds of an account. */
async function hotOf(world: World, mode: Mode) {
  const flat = (await redis().eval(
    "return redis.call('HGETALL', KEYS[1])",
    [accountKey(world.account(mode))],
    [],
  )) as string[];
  const hash = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) hash.set(String(flat[i]), String(flat[i + 1]));
  if (!hash.has("b")) return null;
  const grants = (packed: string) =>
    packed
      .split(";")
      .filter(Boolean)
      .map((part) => part.split(","))
      .map(([id = "", source, left, expires = ""]) => [id, source, Number(left), expiry(expires)]);
  return {
    retired: hash.has("ret"),
    place: [hash.get("e"), hash.get("s")].map(Number),
    balance: Number(hash.get("b")),
    unlimited: hash.get("u") === "1",
    grants: grants(hash.get("g") ?? ""),
    holds: [...hash]
      .filter(([field]) => field.startsWith("h:"))
      .map(([field, value]) => {
        const [app, tokens, expires = "", created, parts = ""] = value.split("|");
        return [field.slice(2), app, Number(tokens), expiry(expires), Number(created), grants(parts)];
      })
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    caps: (hash.get("cap") ?? "")
      .split(";")
      .filter(Boolean)
      .map((cap) => cap.split(","))
      .map(([scope = "", daily, monthly, d = "", today, m = "", thisMonth]) => [
        scope,
        daily === "-" ? null : Number(daily),
        monthly === "-" ? null : Number(monthly),
        day(d),
        Number(today),
        month(m),
        Number(thisMonth),
      ])
      .toSorted(),
  };
}

/** What the model says that Redis holds. */
function modelHot(s: State, mode: Mode) {
  const { hot } = s.accounts[mode];
  if (!hot) return null;
  const grants = (list: typeof hot.grants) => list.map((g) => [idOf(s, g.id), g.source, g.left, known(g.expires)]);
  return {
    retired: hot.retired,
    place: [hot.epoch, hot.seq],
    balance: hot.balance,
    unlimited: hot.unlimited,
    grants: grants(hot.grants),
    holds: hot.holds
      .map((hold) => [idOf(s, hold.ref), hold.app, hold.tokens, hold.expires, hold.created, grants(hold.parts)])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    caps: hot.caps
      .map((cap) => [cap.scope, cap.daily, cap.monthly, cap.day, cap.today, cap.month, cap.thisMonth])
      .toSorted(),
  };
}

/** Both accounts as Redis holds them at this moment. */
export const lookAtRedis = async (world: World) => ({
  live: await hotOf(world, "live"),
  test: await hotOf(world, "test"),
});
export type Found = Awaited<ReturnType<typeof lookAtRedis>>;

/** Both accounts in Redis as they should be. A reservation whose id no answer has told yet is only counted. */
export function sameAsFound(s: State, found: Found): void {
  for (const mode of MODES) {
    const [actual, expected] = [found[mode], modelHot(s, mode)];
    if (actual?.retired && expected?.retired) continue;
    const untold = s.accounts[mode].hot?.holds.some((hold) => !(hold.ref in s.ids)) ?? false;
    const strip = (one: typeof actual | typeof expected) => (one && untold ? { ...one, holds: one.holds.length } : one);
    same(`Redis's ${mode} account`, strip(actual), strip(expected));
  }
}

/** The same of this moment. */
export const sameHot = async (s: State, world: World): Promise<void> => sameAsFound(s, await lookAtRedis(world));

/** The brand's ledger and the reports of its losses. */
export const lookAtLedger = async ({ db, customerId }: World) => ({
  rows: await db
    .select()
    .from(ledgerEntries)
    .where(eq(ledgerEntries.customerId, customerId))
    .orderBy(ledgerEntries.epoch, ledgerEntries.seq),
  reports: await db.select().from(lossReports).where(eq(lossReports.customerId, customerId)),
});

/** Both ledgers entry by entry, and what was reported lost. */
export function sameAsLedger(s: State, { rows, reports }: Awaited<ReturnType<typeof lookAtLedger>>): void {
  for (const mode of MODES) {
    const a = s.accounts[mode];
    const own = rows.filter((row) => row.mode === mode);
    same(
      `The ${mode} ledger`,
      own.map((row) => [
        [row.epoch, row.seq],
        [row.kind, row.tokens, row.delta, row.balanceAfter],
        [row.appId, row.occurredAt.getTime()],
        row.grantParts.toSorted(),
      ]),
      a.ledger.map((entry) => [
        [entry.epoch, entry.seq],
        [entry.kind, entry.tokens, entry.delta, entry.balance],
        [entry.app ?? null, entry.at],
        entry.parts.map(([id, delta]) => [idOf(s, id), delta] as const).toSorted(),
      ]),
    );
    const told = own.filter((row) => row.usageId).map((row) => row.usageId);
    const uses = a.ledger.filter((entry) => entry.kind === "usage" || entry.kind === "settle");
    same(
      `The ids of the ${mode} uses`,
      told,
      uses.map((entry, i) => s.ids[entry.op] ?? told[i]),
    );
  }
  same(
    "Reports of losses",
    reports.map((row) => [row.mode, row.epoch, row.tokensLost]).toSorted(),
    MODES.flatMap((mode) => s.accounts[mode].reports.map(({ epoch, lost }) => [mode, epoch, lost])).toSorted(),
  );
}

/** The ledger, what was kept aside, and every invariant. After the last drain. */
export async function sameLedger(s: State, world: World): Promise<void> {
  sameAsLedger(s, await lookAtLedger(world));
  const letters = await world.db.select().from(deadLetters).where(eq(deadLetters.customerId, world.customerId));
  same(
    "Entries kept aside and not dealt with",
    letters.filter((row) => row.resolvedAt === null || row.reason !== "fork").map((row) => [row.reason, row.error]),
    [],
  );
  for (const finding of await checkLedger(metering(), [world.customerId])) {
    same(`Invariant ${finding.invariant}`, finding.breaches, []);
  }
}
