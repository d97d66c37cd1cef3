import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { deadLetters } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import {
  entriesOf,
  forget,
  hashOf,
  headOf,
  lettersOf,
  reportsOf,
  restoreHash,
  use,
  usesOf,
  whileBroken,
} from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { healStrays } from "../jobs";
import { readEntry } from "../ledger/rules";
import { recordEvents } from "../ledger/service";
import { hydrateAccount } from "../reconcile/service";
import { accountKey, accountName, operationKey, outboxKey } from "../rules";

/** Uses that a stale copy of an account acknowledged, and that reach the outbox when the next epoch is in force. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 1000 });
});
checkedAfterEach();

/** As though the letters had been there for a while. */
const aged = () =>
  db()
    .update(deadLetters)
    .set({ createdAt: sql`created_at - interval '4 seconds'` })
    .where(eq(deadLetters.customerId, brand.customerId));
/** An epoch that began some time ago. */
const opened = async () => {
  await hydrateAccount(metering(), brand.account);
  await db().execute(sql`update metering_accounts set epoch_started_at = epoch_started_at - interval '1 minute'
    where customer_id = ${brand.customerId}`);
};

/** Lets a copy of the account of before the epoch in force acknowledge uses whose events come after it was opened. */
async function late(uses: (() => Promise<unknown>)[]): Promise<void> {
  const key = accountKey(brand.account);
  const old = await hashOf(key);
  await forget(brand);
  await opened();
  const present = await hashOf(key);
  await restoreHash(key, old);
  for (const act of uses) await act();
  await restoreHash(key, present);
}

const event = async (over: Record<string, string>) => {
  const fields = {
    ...{ a: accountName(brand.account), k: "usage", t: "5", d: "-5", p: "vto-001", g: "", n: String(Date.now()) },
    ...{ o: crypto.randomUUID(), ...over },
  };
  await redis().xadd(outboxKey(brand.partition), "*", fields);
  return fields.o;
};

describe("uses that come in for an epoch that is over", () => {
  it("are posted again without anybody asking, once", async () => {
    await late([() => use(brand), () => use(brand)]);
    expect(await drain(brand)).toMatchObject({ forked: 2 });
    // The copy in force was closed with them; the next use opens it, and with it they are posted already.
    await healStrays(metering());
    expect((await lettersOf(brand)).every((letter) => letter.resolvedAt === null)).toBe(true);
    await aged();
    await healStrays(metering());
    expect(await accountState(brand)).toMatchObject({ e: "3", s: "2", b: "990" });
    expect(await usesOf(brand)).toHaveLength(2);
    expect((await lettersOf(brand)).map((letter) => letter.resolution)).toEqual(
      Array(2).fill("posted again (epoch 3)"),
    );
    await healStrays(metering());
    expect((await headOf(brand))?.epoch).toBe(3);
  });

  it("are posted again although the account in force goes on being used", async () => {
    await late([() => use(brand)]);
    // Its copy was newer than the late event's epoch, so that nothing closes it.
    await drain(brand);
    for (let i = 0; i < 3; i++) expect(await use(brand)).toBe(200);
    await drain(brand);
    await aged();
    await healStrays(metering());
    expect(await use(brand)).toBe(200);
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(5);
    expect((await accountState(brand)).b).toBe("975");
  });

  it("are answered as they were when their key comes again", async () => {
    let first = "";
    await late([
      async () => {
        first = await (await consumeWith(brand.secretKey.secret, { idempotencyKey: "late" })).text();
      },
    ]);
    await db().execute(sql`update metering_accounts set look_up_until = null where customer_id = ${brand.customerId}`);
    await drain(brand);
    await aged();
    await healStrays(metering());
    // The record of the operation was in the copy that is gone.
    for (const key of await redis().keys(operationKey(brand.partition, "*"))) await redis().del(key);
    const again = await consumeWith(brand.secretKey.secret, { idempotencyKey: "late" });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await again.text()).toBe(first);
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(1);
    expect((await accountState(brand)).b).toBe("995");
  });

  it("that the balance does not cover are counted as lost, once", async () => {
    brand = await testBrand({ tokens: 10 });
    await late([() => use(brand), () => use(brand)]);
    expect(await use(brand)).toBe(200);
    await drain(brand);
    await aged();
    const before = (await reportsOf(brand)).length;
    await healStrays(metering());
    await healStrays(metering());
    expect((await reportsOf(brand)).slice(before)).toMatchObject([{ tokensLost: 5, epoch: 3 }]);
    expect((await accountState(brand)).b).toBe("0");
  });

  it("are healed once where two workers find them at the same time", async () => {
    await late([() => use(brand)]);
    await drain(brand);
    await aged();
    await Promise.all([healStrays({ ...metering() }), healStrays({ ...metering() })]);
    expect((await headOf(brand))?.epoch).toBe(3);
    expect(await usesOf(brand)).toHaveLength(1);
  });

  it("wait where Redis cannot be asked, and no epoch is opened for nothing", async () => {
    await late([() => use(brand)]);
    await drain(brand);
    await aged();
    await whileBroken(accountKey(brand.account), async () => {
      await expect(healStrays(metering())).rejects.toThrow(/could not be done/);
      await expect(healStrays(metering())).rejects.toThrow(/could not be done/);
    });
    expect((await headOf(brand))?.epoch).toBe(2);
    await healStrays(metering());
    expect(await usesOf(brand)).toHaveLength(1);
  });
});

describe("an account that an opening could not heal", () => {
  it("is opened for what came in after it, though its transaction began before", async () => {
    const fields = { a: accountName(brand.account), e: "9", s: "1", o: crypto.randomUUID(), d: "-5", b: "0" };
    await db().transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      await forget(brand);
      await hydrateAccount(metering(), brand.account);
      await recordEvents(tx, [readEntry("1-1", fields)], () => brand.partition);
    });
    const [letter] = await lettersOf(brand);
    const { epochStartedAt } = (await headOf(brand)) ?? {};
    expect(letter?.createdAt.getTime()).toBeGreaterThanOrEqual(epochStartedAt?.getTime() ?? Number.NaN);
    await db().execute(sql`update dead_letters set resolved_at = now() where customer_id = ${brand.customerId}`);
  });

  it("is not opened for ever", async () => {
    await late([() => use(brand)]);
    await drain(brand);
    await aged();
    await healStrays(metering());
    const { epoch } = (await headOf(brand)) ?? {};
    await db().execute(sql`update dead_letters set resolved_at = null where customer_id = ${brand.customerId}`);
    for (let i = 0; i < 3; i++) await healStrays(metering());
    expect((await headOf(brand))?.epoch).toBe(epoch);
    await db().execute(sql`update dead_letters set resolved_at = now() where customer_id = ${brand.customerId}`);
  });

  it("opens all the same: what Postgres refuses stays a letter, the rest is posted", async () => {
    await use(brand);
    await drain(brand);
    const { e } = await accountState(brand);
    const good = [await event({ e: e ?? "", s: "9", b: "1" }), await event({ e: e ?? "", s: "11", b: "1" })];
    const bad = await event({ e: e ?? "", s: "10", b: "1", p: "xyz-999" });
    const reservation = crypto.randomUUID();
    const hold = { k: "hold", v: reservation, x: String(Date.now() + 600_000) };
    good.push(await event({ ...hold, e: e ?? "", s: "12", b: "1" }));
    await event({ k: "settle", v: reservation, t: "3", d: "2", e: e ?? "", s: "13", b: "1", p: "xyz-999" });
    expect(await drain(brand)).toMatchObject({ forked: 5 });
    expect(await use(brand)).toBe(200);
    await drain(brand);
    const operations = (await entriesOf(brand)).map((entry) => entry.operationId);
    expect(operations).toEqual(expect.arrayContaining(good));
    expect(operations).not.toContain(bad);
    const open = (await lettersOf(brand)).filter((letter) => letter.resolvedAt === null);
    expect(open.map((letter) => letter.fields.k).toSorted()).toEqual(["settle", "usage"]);
    for (const letter of open) expect(letter.error).toContain("not in the catalogue");
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "975" });
    await aged();
    await healStrays(metering());
    expect((await headOf(brand))?.epoch).toBe(2);
    await db().execute(sql`update dead_letters set resolved_at = now() where customer_id = ${brand.customerId}`);
  });
});
