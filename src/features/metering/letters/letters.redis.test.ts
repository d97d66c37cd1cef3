import { and, eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { apps } from "@/db/schema/catalog";
import { deadLetters, grants, usageAnalyticsDaily } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf, entriesOf, forget, headOf, lettersOf, reportsOf, use, usesOf, whileHeld } from "@/test/ledger";
import {
  accountState,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { applyIntents, owe } from "../intents/service";
import { rebuildAccounts } from "../rebuild/service";
import { checkLedger } from "../reconcile/queries";
import { hydrateAccount } from "../reconcile/service";
import { accountName, operationKey, outboxKey } from "../rules";
import { listLetters, replayable } from "./queries";
import { discardLetter, replayLetter } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const operator = { type: "system", id: "operator" } as const;
const replay = (id: string) => replayLetter(metering(), operator, id);
const discard = (id: string, reason = "of no use") => discardLetter(metering(), operator, id, reason);
const open = async () => (await lettersOf(brand)).filter((letter) => letter.resolvedAt === null);
const only = async () => {
  const [letter, ...more] = await open();
  expect(more).toEqual([]);
  if (!letter) throw new Error("There is no open letter");
  return letter;
};
const audited = async () =>
  (await db().select().from(auditLog).where(eq(auditLog.customerId, brand.customerId)).orderBy(auditLog.id))
    .filter(({ action }) => action.startsWith("letter."))
    .map(({ action, actorId }) => `${actorId} ${action}`);
const breaches = async () => (await checkLedger(metering(), [brand.customerId])).flatMap((finding) => finding.breaches);

/** Drains while the catalogue does not know an app: its uses cannot be written. */
async function drainWithout(app = "vto-001"): Promise<void> {
  const rename = (from: string, to: string) => db().update(apps).set({ catalogId: to }).where(eq(apps.catalogId, from));
  await rename(app, "gone");
  try {
    await drain(brand);
  } finally {
    await rename("gone", app);
  }
}
/** Drains while the intent of a grant is not to be found. */
async function drainWithoutIntent(id: string): Promise<void> {
  const other = crypto.randomUUID();
  const rename = (from: string, to: string) =>
    db().execute(sql`update grant_intents set id = ${to} where id = ${from}`);
  await rename(id, other);
  try {
    await drain(brand);
  } finally {
    await rename(other, id);
  }
}

describe("replay of a letter in its place", () => {
  it("writes the use where it belongs, with its details and statistics, once", async () => {
    await use(brand);
    await drainWithout();
    await use(brand);
    await drain(brand);
    const letter = await only();
    expect(await replay(letter.id)).toEqual({ kind: "done", resolution: "replayed" });
    expect((await entriesOf(brand)).map((entry) => [entry.seq, entry.kind, entry.balanceAfter])).toEqual([
      [1, "grant", 100],
      [2, "usage", 95],
      [3, "usage", 90],
    ]);
    const [day] = await db()
      .select()
      .from(usageAnalyticsDaily)
      .where(eq(usageAnalyticsDaily.customerId, brand.customerId));
    expect(day).toMatchObject({ tokensConsumed: 10, sessionsCount: 2 });
    expect(await replay(letter.id)).toEqual({ kind: "already", resolution: "replayed" });
    expect(await discard(letter.id)).toEqual({ kind: "already", resolution: "replayed" });
    expect(await audited()).toEqual(["operator letter.replayed"]);
  });

  it("of an epoch that is over is written there", async () => {
    await use(brand);
    await drainWithout();
    await rebuildAccounts(metering(), operator, [brand.account]);
    await use(brand);
    await drain(brand);
    expect((await replay((await only()).id)).kind).toBe("done");
    expect((await entriesOf(brand)).map((entry) => `${entry.epoch}/${entry.seq}`)).toEqual(["1/1", "1/2", "2/1"]);
  });

  it("that is refused again stays, with the new error, and says so", async () => {
    await use(brand);
    await drainWithout();
    const letter = await only();
    await db().execute(
      sql`update dead_letters set fields = fields || '{"p": "xyz-999"}', error = 'old' where id = ${letter.id}`,
    );
    const outcome = await replay(letter.id);
    expect(outcome).toMatchObject({ kind: "refused", why: expect.stringContaining("not in the catalogue") });
    expect(await only()).toMatchObject({ id: letter.id, error: expect.stringContaining("not in the catalogue") });
    expect(await audited()).toEqual(["operator letter.replay_refused"]);
    expect(await breaches()).toEqual([]);
  });

  it("goes along the chain: the grant first, then what was spent of it", async () => {
    const id = await owe(ctxOf(brand), {
      mode: "live",
      source: "plan",
      tokens: 50,
      businessKey: `plan:${brand.customerId}`,
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    await applyIntents(metering(), brand.account);
    await use(brand);
    await drainWithoutIntent(id);
    const [grant, spent] = (await open()).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    expect([grant?.fields.k, spent?.fields.k]).toEqual(["grant", "usage"]);
    // Out of turn it is refused, and what it names cannot be booked either.
    expect(await replay(spent?.id ?? "")).toMatchObject({ kind: "refused", why: expect.stringContaining("grant") });
    expect(await discard(spent?.id ?? "")).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("replay the letter that opens the grant"),
    });
    expect(await discard(grant?.id ?? "")).toMatchObject({ kind: "refused", why: expect.stringContaining("intent") });
    for (const one of await replayable(db(), { customerId: brand.customerId })) {
      expect((await replay(one)).kind).toBe("done");
    }
    const rows = await db().select().from(grants).where(eq(grants.id, id));
    expect(rows).toMatchObject([{ remaining: 45 }]);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
    expect((await accountState(brand)).b).toBe("145");
  });

  it("by two operators at once writes it once", async () => {
    await use(brand);
    await drainWithout();
    const { id } = await only();
    const outcomes = await Promise.all([replay(id), replay(id), discard(id), replay(id)]);
    expect(outcomes.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "already")).toHaveLength(3);
    expect(await entriesOf(brand)).toHaveLength(2);
    expect(await audited()).toHaveLength(1);
  });

  it("beside drains, hydrates and uses neither loses nor doubles anything", async () => {
    brand = await testBrand({ tokens: 1_000 });
    for (let i = 0; i < 10; i++) await use(brand);
    await drainWithout();
    const ids = (await open()).map((letter) => letter.id);
    expect(ids).toHaveLength(10);
    await Promise.all([
      ...ids.map(async (id) => expect((await replay(id)).kind).toBe("done")),
      (async () => {
        for (let i = 0; i < 5; i++) {
          await use(brand);
          await rebuildAccounts(metering(), operator, [brand.account]);
        }
      })(),
    ]);
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(15);
    expect((await accountState(brand)).b).toBe("925");
    expect(await reportsOf(brand)).toEqual([]);
  }, 60_000);

  it("waits for the partition's lock, and says so where it is not to be had", async () => {
    await use(brand);
    await drainWithout();
    const { id } = await only();
    await whileHeld(sql`select pg_advisory_xact_lock(7283, ${brand.partition})`, async () => {
      expect(await replay(id)).toMatchObject({ kind: "refused", why: expect.stringContaining("try again") });
    });
    expect((await replay(id)).kind).toBe("done");
  });
});

describe("discard of a letter in its place", () => {
  it("books its tokens there, under its operation and without what it was for", async () => {
    const first = await (await consumeWith(brand.secretKey.secret, { idempotencyKey: "one" })).text();
    await drainWithout();
    await use(brand);
    await drain(brand);
    const letter = await only();
    expect(await discard(letter.id, " no such app ")).toEqual({ kind: "done", resolution: "discarded: no such app" });
    const entries = await entriesOf(brand);
    expect(entries[1]).toMatchObject({
      ...{ epoch: 1, seq: 2, kind: "adjustment", tokens: 5, delta: -5, balanceAfter: 95 },
      ...{ operationId: letter.fields.o, appId: null, usageId: null, idempotencyHash: null },
    });
    expect(await breaches()).toEqual([]);
    expect(await discard(letter.id)).toEqual({ kind: "already", resolution: "discarded: no such app" });
    expect(await replay(letter.id)).toEqual({ kind: "already", resolution: "discarded: no such app" });
    expect(await audited()).toEqual(["operator letter.discarded"]);
    // Whoever was answered then is answered so again, also where Redis has forgotten.
    await forget(brand);
    for (const key of await redis().keys(operationKey(brand.partition, "*"))) await redis().del(key);
    const again = await consumeWith(brand.secretKey.secret, { idempotencyKey: "one" });
    expect([again.headers.get("idempotent-replayed"), await again.text()]).toEqual(["true", first]);
    expect((await accountState(brand)).b).toBe("90");
  });

  it("of a refund carries its intent out: the tokens are given back once", async () => {
    const { usage_id } = await (await consumeWith(brand.secretKey.secret)).json();
    await drain(brand);
    const { oweRefund } = await import("../intents/service");
    const { usedParts } = await import("../refunds/queries");
    const used = await usedParts(db(), brand.account, usage_id);
    if (!used) throw new Error("There is no use");
    await oweRefund(ctxOf(brand), { mode: "live", use: used });
    await applyIntents(metering(), brand.account);
    const [intent] = await db().execute(sql`select id from grant_intents where target = ${usage_id}`);
    await drainWithoutIntent(String(intent?.id));
    expect((await discard((await only()).id)).kind).toBe("done");
    for (let i = 0; i < 3; i++) {
      await applyIntents(metering(), brand.account);
      await drain(brand);
    }
    expect((await accountState(brand)).b).toBe("100");
  });

  it("that cannot be told by its parts is refused, with what to do", async () => {
    await use(brand);
    await drainWithout();
    const { id, fields } = await only();
    await db().execute(sql`update dead_letters set fields = fields || '{"g": ""}' where id = ${id}`);
    expect(await discard(id)).toMatchObject({ kind: "refused", why: expect.stringContaining("replay it") });
    expect(await audited()).toEqual(["operator letter.discard_refused"]);
    await db().update(deadLetters).set({ fields }).where(eq(deadLetters.id, id));
  });

  it("whose operation is in the ledger elsewhere is booked under the letter's own name", async () => {
    await use(brand);
    await drain(brand);
    await use(brand);
    const [entry] = await usesOf(brand);
    await drainWithout();
    const { id } = await only();
    await db().execute(sql`update dead_letters set fields = jsonb_set(fields, '{o}', ${JSON.stringify(entry?.operationId)}::jsonb)
      where id = ${id}`);
    expect(await replay(id)).toMatchObject({ kind: "refused" });
    expect((await discard(id)).kind).toBe("done");
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ operationId: `discard:${id}`, delta: -5 });
  });

  it("asks for a reason", async () => {
    await use(brand);
    await drainWithout();
    const { id } = await only();
    for (const reason of ["", "  ", "x".repeat(501)]) await expect(discard(id, reason)).rejects.toThrow("reason");
    await expect(discard(crypto.randomUUID())).rejects.toThrow("no dead letter");
    await expect(discard("nonsense")).rejects.toThrow("no dead letter");
    expect(await open()).toHaveLength(1);
  });
});

describe("letters of a reservation", () => {
  /** A hold that cannot be written, because its number is taken in the table of reservations. */
  const holdThatIsRefused = async () => {
    const { reservation_id: id } = await (await holdWith(brand.secretKey.secret)).json();
    await db().execute(sql`insert into reservations (id, customer_id, mode, app_id, status, tokens_reserved, parts, unlimited,
      created_at, expires_at) values (${id}, ${crypto.randomUUID()}, 'live', 'x', 'released', 1, '[]', false, now(), now())`);
    await drain(brand);
    await db().execute(sql`delete from reservations where id = ${id} and app_id = 'x'`);
    return String(id);
  };

  it("are replayed in turn, and discarded only as a pair", async () => {
    const id = await holdThatIsRefused();
    expect(await discard((await only()).id)).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("is open"),
    });
    expect((await releaseWith(brand.secretKey.secret, id)).status).toBe(200);
    await drain(brand);
    const [hold, release] = (await open()).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    expect(await discard(release?.id ?? "")).toMatchObject({
      kind: "refused",
      why: expect.stringContaining(hold?.id ?? ""),
    });
    expect(await replay(release?.id ?? "")).toMatchObject({ kind: "refused" });
    expect((await discard(hold?.id ?? "")).kind).toBe("done");
    expect((await discard(release?.id ?? "")).kind).toBe("done");
    await rebuildAccounts(metering(), operator, [brand.account]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "100" });
  });

  it("are replayed while the reservation is open, and its end finds it", async () => {
    const id = await holdThatIsRefused();
    expect((await replay((await only()).id)).kind).toBe("done");
    expect((await settleWith(brand.secretKey.secret, id, 4)).status).toBe(200);
    await drain(brand);
    expect(await open()).toEqual([]);
    expect((await accountState(brand)).b).toBe("96");
  });

  it("do not end a reservation by being discarded", async () => {
    const { reservation_id: id } = await (await holdWith(brand.secretKey.secret)).json();
    await drain(brand);
    expect((await settleWith(brand.secretKey.secret, id, 4)).status).toBe(200);
    await drainWithout();
    const letter = await only();
    expect(await discard(letter.id)).toMatchObject({ kind: "refused", why: expect.stringContaining("holds open") });
    expect((await replay(letter.id)).kind).toBe("done");
  });
});

describe("letters that have lost their place", () => {
  const stray = async (over: Record<string, string> = {}) => {
    await redis().xadd(outboxKey(brand.partition), "*", {
      ...{ a: accountName(brand.account), e: "1", s: "9", b: "1", k: "usage", t: "5", d: "-5", p: "vto-001", g: "" },
      ...{ n: String(Date.now()), o: crypto.randomUUID(), ...over },
    });
    await drain(brand);
    return only();
  };

  it("are posted again by opening the account anew", async () => {
    const letter = await stray();
    expect(await replay(letter.id)).toEqual({ kind: "done", resolution: "posted again (epoch 2)" });
    expect(await usesOf(brand)).toHaveLength(1);
    expect(await replay(letter.id)).toEqual({ kind: "already", resolution: "posted again (epoch 2)" });
    expect((await headOf(brand))?.epoch).toBe(2);
    expect(await audited()).toEqual(["operator letter.replayed"]);
  });

  it("are posted once by two operators at once", async () => {
    const letter = await stray();
    const outcomes = await Promise.all([replay(letter.id), replay(letter.id)]);
    expect(outcomes.map(({ kind }) => kind)).not.toContain("refused");
    expect(await usesOf(brand)).toHaveLength(1);
    expect((await headOf(brand))?.epoch).toBe(2);
  });

  it("are counted as loss where they are discarded, once", async () => {
    const letter = await stray();
    expect((await discard(letter.id, "a test")).kind).toBe("done");
    expect((await discard(letter.id, "a test")).kind).toBe("already");
    expect(await reportsOf(brand)).toMatchObject([{ tokensLost: 5, reason: "Discarded: a test" }]);
    await hydrateAccount(metering(), brand.account);
    expect((await accountState(brand)).b).toBe("100");
  });

  it("are no loss where their operation is in the ledger", async () => {
    await use(brand);
    await drain(brand);
    const [entry] = await usesOf(brand);
    const letter = await stray({ o: entry?.operationId ?? "" });
    expect((await discard(letter.id)).kind).toBe("done");
    expect(await reportsOf(brand)).toEqual([]);
    await hydrateAccount(metering(), brand.account);
  });

  it("stay where Postgres refuses them in their new place too", async () => {
    const letter = await stray({ p: "xyz-999" });
    expect(await replay(letter.id)).toMatchObject({ kind: "refused", why: expect.stringContaining("catalogue") });
    expect((await discard(letter.id)).kind).toBe("done");
    expect(await audited()).toEqual(["operator letter.replay_refused", "operator letter.discarded"]);
  });
});

describe("a letter that does not say whose it is", () => {
  it("is listed, cannot be replayed, and is discarded with its reason", async () => {
    const mark = crypto.randomUUID();
    await redis().xadd(outboxKey(brand.partition), "*", { nonsense: mark });
    await drain(brand);
    const { letters } = await listLetters(db(), { reason: "poison", open: true }, 50);
    const letter = letters.find(({ fields }) => fields.nonsense === mark);
    expect(await replay(letter?.id ?? "")).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("discard it"),
    });
    expect(await discard(letter?.id ?? "", "noise")).toEqual({ kind: "done", resolution: "discarded: noise" });
    const lines = await db()
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.subject, letter?.id ?? ""), eq(auditLog.actorId, "operator")))
      .orderBy(auditLog.id);
    expect(lines.map(({ action }) => action)).toEqual(["letter.replay_refused", "letter.discarded"]);
  });
});
