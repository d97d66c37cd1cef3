import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { deadLetters, meteringAccounts } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import {
  admin,
  ctxOf,
  drainAsPoison,
  entriesOf,
  forget,
  hashOf,
  headOf,
  lettersOf,
  patient,
  restoreHash,
  use,
} from "@/test/ledger";
import {
  accountState,
  type ConsumeOptions,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  meterDeps,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { operationHash } from "../edge/rules";
import { sweepDue } from "../jobs";
import { hydrateAccount, NotLoaded } from "../reconcile/service";
import { resolutionHash } from "../reservations/rules";
import { accountKey, catalogKey, holdsKey, operationKey } from "../rules";
import { changeLimit } from "../service";
import { loadOperation, loadReservation } from "./service";

/** What an idempotency key has led to, or a reservation, is answered from the ledger where Redis has forgotten it. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const pk = () => brand.publicKey.secret;
const balance = async () => Number((await accountState(brand)).b);
/** Redis loses everything of the partition: account, keys, catalogue, records. What was in the outbox is drained before. */
const loseAll = async () => {
  await drain(brand);
  await redis().del(...(await redis().keys(`{p${String(brand.partition).padStart(2, "0")}}*`)));
};
const recordOf = (kind: "pk" | "sk", endpoint: string, key: string) =>
  operationKey(brand.partition, operationHash(brand.account, kind, endpoint, key));
/** A call answers the same after the loss, to the byte, as a replay, and moves nothing. */
const answersTheSame = async (call: () => Promise<Response>) => {
  const first = await call();
  const text = await first.text();
  expect(first.status).toBeLessThan(300);
  const before = await balance();
  await loseAll();
  for (let i = 0; i < 2; i++) {
    const again = await call();
    expect([again.status, await again.text()]).toEqual([first.status, text]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  }
  expect(await accountState(brand)).toMatchObject({ e: "2", b: String(before) });
  return text;
};
/** What the Node side was asked for while something was done. */
const asked = async (act: (deps: NonNullable<ConsumeOptions["deps"]>) => Promise<Response>) => {
  const what: string[] = [];
  const load: ReturnType<typeof meterDeps>["load"] = (want, signal) => {
    what.push(want.what);
    return meterDeps().load(want, signal);
  };
  const response = await act({ load });
  return { what, status: response.status, code: (await response.json()).code };
};

describe("a use that Redis has forgotten is told from the ledger", () => {
  it.each([
    ["as it was", { app_id: "vto-001" }],
    ["with a session and details", { app_id: "vto-001", session_id: "s", metadata: { a: 1 } }],
    ["under a slug", { app_id: "virtual-try-on" }],
    ["with an amount of its own", { app_id: "cai-001", tokens_consumed: 42 }],
  ])("%s", async (_, body) => {
    await answersTheSame(() => consumeWith(sk(), { idempotencyKey: "k", body }));
  });

  it("to a public key, without balance or plan", async () => {
    const text = await answersTheSame(() => consumeWith(pk(), { idempotencyKey: "k" }));
    expect(JSON.parse(text)).not.toHaveProperty("tokens_remaining");
  });

  it("on a plan without a limit", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    const text = await answersTheSame(() => consumeWith(sk(), { idempotencyKey: "k" }));
    expect(JSON.parse(text)).toMatchObject({ tokens_remaining: null, unlimited: true });
  });

  it("by the key that it was given where the caller had none", async () => {
    const first = await consumeWith(sk());
    const text = await first.text();
    await loseAll();
    const again = await consumeWith(sk(), { idempotencyKey: first.headers.get("idempotency-key") ?? "" });
    expect(await again.text()).toBe(text);
    expect(await balance()).toBe(95);
  });

  it("with a price left out or named, measured by the price of then; and refused with another request", async () => {
    const text = await answersTheSame(() => consumeWith(sk(), { idempotencyKey: "k", body: { app_id: "vto-001" } }));
    const named = { app_id: "virtual-try-on", tokens_consumed: 5 };
    await loseAll();
    expect(await (await consumeWith(sk(), { idempotencyKey: "k", body: named })).text()).toBe(text);
    for (const body of [
      { app_id: "pdc-001" },
      { app_id: "vto-001", tokens_consumed: 6 },
      { app_id: "vto-001", session_id: "s" },
    ]) {
      await loseAll();
      const other = await consumeWith(sk(), { idempotencyKey: "k", body });
      expect([other.status, (await other.json()).code]).toEqual([422, "idempotency_key_reused"]);
    }
    expect(await balance()).toBe(95);
  });

  it("once for a hundred that ask at the same moment", async () => {
    const text = await (await consumeWith(sk(), { idempotencyKey: "k" })).text();
    await loseAll();
    const asked = { idempotencyKey: "k", deps: patient() };
    const answers = await Promise.all(Array.from({ length: 100 }, () => consumeWith(sk(), asked)));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text())))).toEqual(new Set([text]));
    expect(await balance()).toBe(95);
  });

  it("and its record is there again for the rest of its day", async () => {
    await consumeWith(sk(), { idempotencyKey: "k" });
    const name = recordOf("sk", "consume", "k");
    const [record, left] = [await redis().get(name), await redis().pttl(name)];
    await loseAll();
    await consumeWith(sk(), { idempotencyKey: "k" });
    expect(await redis().get(name)).toBe(record);
    expect(Math.abs((await redis().pttl(name)) - left)).toBeLessThan(60_000);
  });

  it("although it waits among the dead letters", async () => {
    const app = "xyz-999";
    const sell = async () => {
      await redis().hset(catalogKey(brand.partition), { [`app:${app}`]: `${app}|5|available|0` });
      await redis().hset(accountKey(brand.account), { [`app:${app}`]: "1" });
    };
    await sell();
    const call = () => consumeWith(sk(), { idempotencyKey: "k", body: { app_id: app } });
    const text = await (await call()).text();
    await loseAll();
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison" }]);
    const again = await call();
    expect([again.status, await again.text()]).toEqual([200, text]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await balance()).toBe(95);
    const other = await consumeWith(sk(), { idempotencyKey: "k", body: { app_id: app, session_id: "s" } });
    expect(other.status).toBe(422);
  });

  it("with the balance that it told, where it was posted again", async () => {
    const old = await hashOf(accountKey(brand.account));
    expect(await use(brand)).toBe(200);
    await drain(brand);
    // Redis falls back before that use, and tells another one the same balance.
    await restoreHash(accountKey(brand.account), old);
    const text = await (await consumeWith(sk(), { idempotencyKey: "k" })).text();
    expect(JSON.parse(text).tokens_remaining).toBe(95);
    await drain(brand);
    await hydrateAccount(metering(), brand.account);
    expect(await balance()).toBe(90);
    await redis().del(recordOf("sk", "consume", "k"));
    expect(await (await consumeWith(sk(), { idempotencyKey: "k" })).text()).toBe(text);
    expect(await balance()).toBe(90);
  });
});

describe("an operation that was never seen", () => {
  it("is looked up for a day after an unplanned epoch, and then done", async () => {
    await loseAll();
    const first = await asked((deps) => consumeWith(sk(), { idempotencyKey: "new", deps }));
    expect(first.status).toBe(200);
    expect(first.what.toSorted()).toEqual(["account", "catalog", "key", "operation"]);
    expect(await asked((deps) => consumeWith(sk(), { idempotencyKey: "newer", deps }))).toMatchObject({
      what: ["operation"],
      status: 200,
    });
    expect(await asked((deps) => holdWith(sk(), { idempotencyKey: "newest", deps }))).toMatchObject({
      what: ["operation"],
      status: 201,
    });
    const until = (await headOf(brand))?.lookUpUntil?.getTime() ?? 0;
    expect(Math.abs(until - Date.now() - 24 * 3_600_000)).toBeLessThan(60_000);
  });

  it("is not looked up once that day is over", async () => {
    await loseAll();
    expect(await use(brand)).toBe(200);
    await drain(brand);
    await db()
      .update(meteringAccounts)
      .set({ lookUpUntil: new Date(Date.now() - 1000) })
      .where(eq(meteringAccounts.customerId, brand.customerId));
    await redis().hset(accountKey(brand.account), { lk: String(Date.now() - 1000) });
    expect(await asked((deps) => consumeWith(sk(), { deps }))).toMatchObject({ what: [], status: 200 });
  });

  it("is not looked up after an epoch that was planned", async () => {
    await drain(brand);
    await redis().hset(accountKey(brand.account), { ret: "1", f: "1" });
    expect((await asked((deps) => consumeWith(sk(), { deps }))).what).toEqual(["account"]);
    expect(await asked((deps) => consumeWith(sk(), { deps }))).toMatchObject({ what: [], status: 200 });
    expect(await headOf(brand)).toMatchObject({ epoch: 2, lookUpUntil: null });
  });

  it("is refused while nobody can look it up", async () => {
    await loseAll();
    expect(await use(brand)).toBe(200);
    const load: ReturnType<typeof meterDeps>["load"] = async () => "failed";
    const response = await consumeWith(sk(), { deps: { load } });
    expect([response.status, (await response.json()).code]).toEqual([503, "metering_unavailable"]);
    expect(await balance()).toBe(95);
  });

  it("is not what another account, kind of key or endpoint has done under the same key", async () => {
    const other = await testBrand({ tokens: 100 });
    await consumeWith(other.secretKey.secret, { idempotencyKey: "k" });
    await drain(other);
    await consumeWith(sk(), { idempotencyKey: "k" });
    await loseAll();
    const page = await consumeWith(pk(), { idempotencyKey: "k" });
    expect([page.status, page.headers.get("idempotent-replayed")]).toEqual([200, null]);
    const hold = await holdWith(sk(), { idempotencyKey: "k" });
    expect([hold.status, hold.headers.get("idempotent-replayed")]).toEqual([201, null]);
    expect(await balance()).toBe(80);
    // Under a hash of another account there is nothing of this one.
    const theirs = operationHash(other.account, "sk", "consume", "k");
    expect(await loadOperation(metering(), brand.account, theirs)).toBe(false);
    expect(await loadOperation(metering(), other.account, theirs)).toBe(true);
    const test = { ...other.account, mode: "test" as const };
    expect(await loadOperation(metering(), test, theirs)).toBe(false);
  });

  it("is not one of more than a day ago", async () => {
    const hash = operationHash(brand.account, "sk", "consume", "k");
    await consumeWith(sk(), { idempotencyKey: "k" });
    await drain(brand);
    expect(await loadOperation(metering(), brand.account, hash)).toBe(true);
    const root = admin();
    const shift = (interval: string) =>
      root.transaction(async (tx) => {
        await tx.execute(sql`set local session_replication_role = replica`);
        await tx.execute(sql`update ledger_entries set occurred_at = occurred_at + ${interval}::interval
          where customer_id = ${brand.customerId} and kind = 'usage'`);
        await tx.execute(sql`update usage_analytics_daily set date = ((now() at time zone 'UTC') + ${interval}::interval)::date
          where customer_id = ${brand.customerId}`);
        await tx.execute(sql`select rebuild_usage(${brand.customerId})`);
      });
    await shift("-24 hours");
    expect(await loadOperation(metering(), brand.account, hash)).toBe(true);
    await shift("-2 hours");
    expect(await loadOperation(metering(), brand.account, hash)).toBe(false);
    await root.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql`update ledger_entries set occurred_at = occurred_at + interval '26 hours'
        where customer_id = ${brand.customerId} and kind = 'usage'`);
      await tx.execute(sql`update usage_analytics_daily set date = (now() at time zone 'UTC')::date
        where customer_id = ${brand.customerId}`);
      await tx.execute(sql`select rebuild_usage(${brand.customerId})`);
    });
    await root.$client.end();
  });

  it("is not a dead letter of more than a day ago, nor one that is resolved", async () => {
    const app = "xyz-999";
    await redis().hset(catalogKey(brand.partition), { [`app:${app}`]: `${app}|5|available|0` });
    await redis().hset(accountKey(brand.account), { [`app:${app}`]: "1" });
    await consumeWith(sk(), { idempotencyKey: "k", body: { app_id: app } });
    await drain(brand);
    const hash = operationHash(brand.account, "sk", "consume", "k");
    const found = () => loadOperation(metering(), brand.account, hash);
    const set = (values: Partial<typeof deadLetters.$inferInsert>) =>
      db().update(deadLetters).set(values).where(eq(deadLetters.customerId, brand.customerId));
    const other = await testBrand({ tokens: 1 });
    expect(await loadOperation(metering(), other.account, hash)).toBe(false);
    expect(await found()).toBe(true);
    await set({ createdAt: new Date(Date.now() - 26 * 3_600_000) });
    expect(await found()).toBe(false);
    await set({ createdAt: new Date(), reason: "fork" });
    expect(await found()).toBe(false);
    await set({ reason: "poison", resolvedAt: new Date() });
    expect(await found()).toBe(false);
    await set({ resolvedAt: null });
    expect(await found()).toBe(true);
  });
});

describe("a hold that Redis has forgotten is told from the ledger", () => {
  it.each([
    ["to the byte", false],
    ["on a plan without a limit", true],
  ])("%s", async (_, unlimited) => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited });
    const text = await answersTheSame(() => holdWith(sk(), { idempotencyKey: "k" }));
    expect(JSON.parse(text).tokens_remaining).toBe(unlimited ? null : 90);
    const other = await holdWith(sk(), { idempotencyKey: "k", body: { app_id: "vto-001", tokens_reserved: 11 } });
    expect(other.status).toBe(422);
  });

  it("and settled after that", async () => {
    const { reservation_id } = await (await holdWith(sk(), { idempotencyKey: "k" })).json();
    await loseAll();
    expect((await settleWith(sk(), reservation_id, 3)).status).toBe(200);
    expect(await (await holdWith(sk(), { idempotencyKey: "k" })).json()).toMatchObject({ reservation_id });
    expect(await balance()).toBe(97);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(0);
  });

  it("although it waits among the dead letters", async () => {
    const text = await (await holdWith(sk(), { idempotencyKey: "k" })).text();
    await drainAsPoison(brand);
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison", delta: -10 }]);
    const name = recordOf("sk", "reservations", "k");
    const record = await redis().get(name);
    await loseAll();
    const again = await holdWith(sk(), { idempotencyKey: "k" });
    expect([again.status, await again.text()]).toEqual([201, text]);
    expect(await redis().get(name)).toBe(record);
    expect(await balance()).toBe(90);
  });
});

describe("what became of a reservation that is not open", () => {
  const held = async () => (await (await holdWith(sk())).json()).reservation_id as string;

  it.each([
    ["settled", (id: string) => settleWith(sk(), id, 4), 96],
    ["released", (id: string) => releaseWith(sk(), id), 100],
  ])("is told from the ledger: %s", async (_, step, after) => {
    const id = await held();
    const text = await (await step(id)).text();
    await loseAll();
    for (let i = 0; i < 2; i++) {
      const again = await step(id);
      expect([again.status, await again.text()]).toEqual([200, text]);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
    }
    expect((await settleWith(sk(), id, 5)).status).toBe(409);
    expect(await balance()).toBe(after);
  });

  it("is told on a plan without a limit as it was told then", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    const id = await held();
    const text = await (await settleWith(sk(), id, 4)).text();
    expect(JSON.parse(text).tokens_remaining).toBeNull();
    await loseAll();
    expect(await (await settleWith(sk(), id, 4)).text()).toBe(text);
  });

  it("is told although its entry is still in the outbox", async () => {
    const id = await held();
    const text = await (await settleWith(sk(), id, 4)).text();
    await redis().del(operationKey(brand.partition, resolutionHash(brand.account, id)));
    const again = await settleWith(sk(), id, 4);
    expect([again.status, await again.text()]).toEqual([200, text]);
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ kind: "settle" });
  });

  it("is kept for the rest of its day", async () => {
    const id = await held();
    await settleWith(sk(), id, 4);
    const name = operationKey(brand.partition, resolutionHash(brand.account, id));
    const left = await redis().pttl(name);
    await loseAll();
    await settleWith(sk(), id, 4);
    expect(Math.abs((await redis().pttl(name)) - left)).toBeLessThan(60_000);
  });

  it("is not known while its end waits among the dead letters", async () => {
    const id = await held();
    await drain(brand);
    await settleWith(sk(), id, 4);
    await redis().del(operationKey(brand.partition, resolutionHash(brand.account, id)));
    await drainAsPoison(brand);
    await expect(loadReservation(metering(), brand.account, id)).rejects.toThrow(NotLoaded);
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison", fields: { k: "settle", v: id } }]);
    const load: ReturnType<typeof meterDeps>["load"] = (want, signal) =>
      meterDeps()
        .load(want, signal)
        .catch(() => "failed" as const);
    const response = await settleWith(sk(), id, 4, { deps: { load } });
    expect([response.status, (await response.json()).code]).toEqual([503, "metering_unavailable"]);
    expect(await balance()).toBe(96);
    // Nor does a hydrate open it again.
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect(await balance()).toBe(91);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(0);
  });

  it("is found by nobody else", async () => {
    const id = await held();
    await settleWith(sk(), id, 4);
    await loseAll();
    const other = await testBrand({ tokens: 1 });
    expect(await loadReservation(metering(), other.account, id)).toBe(false);
    expect(await loadReservation(metering(), { ...brand.account, mode: "test" }, id)).toBe(false);
    expect(await loadReservation(metering(), brand.account, crypto.randomUUID())).toBe(false);
    expect(await loadReservation(metering(), brand.account, id)).toBe(true);
  });

  it("is released, where the sweep has done it", async () => {
    const response = await holdWith(sk(), { body: { app_id: "vto-001", tokens_reserved: 10 } });
    const { reservation_id: id } = await response.json();
    const past = String(Date.now() - 1000);
    const key = accountKey(brand.account);
    const record = (await redis().hget<string>(key, `h:${id}`)) ?? "";
    await redis().hset(key, { [`h:${id}`]: record.replace(/^([^|]+\|\d+\|)\d+/, `$1${past}`), x: past });
    await redis().zadd(holdsKey(brand.account), { score: Number(past), member: id });
    const { dueKey, accountName } = await import("../rules");
    await redis().zadd(dueKey(brand.partition), { score: Number(past), member: accountName(brand.account) });
    await sweepDue(metering());
    const late = await settleWith(sk(), id, 1);
    expect([late.status, (await late.json()).code]).toEqual([409, "reservation_closed"]);
    const release = await releaseWith(sk(), id);
    expect(await release.json()).toMatchObject({ status: "released", tokens_consumed: 0, tokens_returned: 10 });
    expect(await balance()).toBe(100);
  });
});

describe("a record that is there", () => {
  it("is not overwritten by one that is put back", async () => {
    const hash = operationHash(brand.account, "sk", "consume", "k");
    await consumeWith(sk(), { idempotencyKey: "k" });
    await drain(brand);
    const name = operationKey(brand.partition, hash);
    await redis().set(name, "there", { px: 50_000 });
    expect(await loadOperation(metering(), brand.account, hash)).toBe(true);
    expect(await redis().get(name)).toBe("there");
    expect(await redis().pttl(name)).toBeLessThanOrEqual(50_000);
  });
});
