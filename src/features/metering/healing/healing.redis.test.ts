import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grants, reservations } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import {
  ctxOf,
  entriesOf,
  forget,
  forked,
  hashOf,
  headOf,
  lettersOf,
  pause,
  reportsOf,
  restoreHash,
  use,
  usesOf,
} from "@/test/ledger";
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
import { type StreamFields, unpackEvent } from "../ledger/rules";
import { hydrateAccount } from "../reconcile/service";
import { refundUsage } from "../refunds/service";
import { accountKey, holdsKey, outboxKey, unpackGrants } from "../rules";
import { changeLimit } from "../service";

/**
 * What was acknowledged on a branch that Redis has lost is posted again as far as the balance covers it, and counted
 * where it does not; what waits among the dead letters counts as if it were in the ledger.
 */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const spend = (tokens: number) => use(brand, { app_id: "cai-001", tokens_consumed: tokens });
const held = async (tokens = 10) => {
  const response = await holdWith(sk(), { body: { app_id: "cai-001", tokens_reserved: tokens } });
  expect(response.status).toBe(201);
  return (await response.json()).reservation_id as string;
};
const grant = async (tokens: number, expiresAt: Date | null = null) => {
  const id = await owe(ctxOf(brand), {
    mode: "live",
    source: "pack",
    tokens,
    expiresAt,
    businessKey: `pack-${tokens}:${brand.customerId}`,
  });
  await applyIntents(metering(), brand.account);
  return id;
};
const inAnHour = () => new Date(Date.now() + 3_600_000);

const healed = () => hydrateAccount(metering(), brand.account);
/** Kind, tokens and delta of the entries of the second epoch. */
const posted = async () =>
  (await entriesOf(brand)).filter(({ epoch }) => epoch === 2).map(({ kind, tokens, delta }) => [kind, tokens, delta]);
const resolutions = async () =>
  (await lettersOf(brand)).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).map(({ resolution }) => resolution);
const again = "posted again (epoch 2)";

describe("uses on a branch that was lost", () => {
  it("are posted again in their order, with what they were, and no loss is reported", async () => {
    const ids: string[] = [];
    await forked(
      brand,
      () => spend(20),
      async () => {
        for (const tokens of [30, 5]) {
          const body = { app_id: "cai-001", tokens_consumed: tokens, session_id: `s-${tokens}` };
          ids.push((await (await consumeWith(sk(), { body })).json()).usage_id);
        }
      },
    );
    expect(await headOf(brand)).toMatchObject({ forked: true, epoch: 1, balance: 80 });
    await healed();
    expect(await posted()).toEqual([
      ["usage", 30, -30],
      ["usage", 5, -5],
    ]);
    expect((await usesOf(brand)).slice(1).map(({ operationId, seq }) => [operationId, seq])).toEqual([
      [ids[0], 1],
      [ids[1], 2],
    ]);
    expect(await headOf(brand)).toMatchObject({ forked: false, epoch: 2, seq: 2, balance: 45 });
    expect(await accountState(brand)).toMatchObject({ e: "2", s: "2", b: "45" });
    expect(await resolutions()).toEqual([again, again]);
    expect(await reportsOf(brand)).toMatchObject([
      { epoch: 2, tokensLost: null, reason: expect.stringContaining("chain") },
    ]);
    expect(await use(brand)).toBe(200);
  });

  it("are counted as lost where the balance does not cover them, each on its own", async () => {
    await forked(
      brand,
      () => spend(50),
      async () => {
        for (const tokens of [30, 40, 20]) expect(await spend(tokens)).toBe(200);
      },
    );
    await healed();
    // 50 were left: 30, not 40, then 20.
    expect(await posted()).toEqual([
      ["usage", 30, -30],
      ["usage", 20, -20],
    ]);
    expect(await accountState(brand)).toMatchObject({ e: "2", s: "2", b: "0" });
    expect(await resolutions()).toEqual([again, "is not covered by the balance: lost (epoch 2)", again]);
    expect(await reportsOf(brand)).toMatchObject([{ tokensLost: 40 }]);
    expect(await use(brand)).toBe(402);
  });

  it("burn the grants that there are, in their order", async () => {
    const soon = await grant(10, inAnHour());
    await forked(
      brand,
      () => spend(4),
      () => spend(11),
    );
    await healed();
    const [entry] = (await entriesOf(brand)).filter(({ epoch }) => epoch === 2);
    expect(entry?.grantParts).toEqual([
      [soon, -6],
      [expect.any(String), -5],
    ]);
    expect(unpackGrants((await accountState(brand)).g ?? "").map(({ remaining }) => remaining)).toEqual([95]);
  });

  it("on a plan without a limit move nothing, whatever the balance", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    await forked(
      brand,
      () => spend(1),
      () => spend(500),
    );
    await healed();
    expect(await posted()).toEqual([["usage", 500, 0]]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "100" });
  });

  it("that the ledger holds already are not posted twice", async () => {
    const old = await hashOf(accountKey(brand.account));
    const call = () => consumeWith(sk(), { idempotencyKey: "k", body: { app_id: "cai-001", tokens_consumed: 7 } });
    const { usage_id } = await (await call()).json();
    const [event] = (await redis().xrange(outboxKey(brand.partition), "-", "+")) as unknown as [string, string[]][];
    await drain(brand);
    await restoreHash(accountKey(brand.account), old);
    expect(await spend(1)).toBe(200);
    // The same operation once more, at a place that is not its own.
    const flat = event?.[1] ?? [];
    const fields = Object.fromEntries(
      Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]),
    );
    await redis().xadd(outboxKey(brand.partition), "*", { ...unpackEvent(fields as StreamFields), s: "9", b: "50" });
    await drain(brand);
    await healed();
    expect((await usesOf(brand)).map(({ operationId }) => operationId)).toContain(usage_id);
    expect(await posted()).toEqual([["usage", 1, -1]]);
    expect(await resolutions()).toEqual([again, "is in the ledger already (epoch 2)"]);
    expect(await balance()).toBe(92);
  });

  it("that are quarantined twice are posted once", async () => {
    await forked(
      brand,
      () => spend(5),
      async () => {
        await spend(7);
        const [event] = (await redis().xrange(outboxKey(brand.partition), "-", "+")) as unknown as [string, string[]][];
        const flat = event?.[1] ?? [];
        const fields = Object.fromEntries(
          Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]),
        );
        await redis().xadd(outboxKey(brand.partition), "*", { ...fields, s: "8" });
      },
    );
    await healed();
    expect(await posted()).toEqual([["usage", 7, -7]]);
    expect(await balance()).toBe(88);
  });

  it("that cannot be read stay dead letters, and the others are posted", async () => {
    await forked(
      brand,
      () => spend(5),
      async () => {
        await spend(7);
        const { e } = await accountState(brand);
        await redis().xadd(outboxKey(brand.partition), "*", {
          a: `${brand.customerId}:live`,
          e: e ?? "",
          s: "7",
          o: crypto.randomUUID(),
          d: "-5",
          b: "1",
          k: "loan",
          t: "5",
          g: "",
          n: "1",
        });
      },
    );
    await healed();
    expect(await posted()).toEqual([["usage", 7, -7]]);
    expect(await resolutions()).toEqual([again, null]);
  });

  it("are posted once, whatever comes after", async () => {
    await forked(
      brand,
      () => spend(5),
      () => spend(7),
    );
    await healed();
    await forget(brand);
    await healed();
    expect(await accountState(brand)).toMatchObject({ e: "3", b: "88" });
    expect(await usesOf(brand)).toHaveLength(2);
  });

  it("of another account are left to that one", async () => {
    const other = await testBrand({ tokens: 50 });
    await forked(
      brand,
      () => spend(5),
      () => spend(7),
    );
    await forget(other);
    await hydrateAccount(metering(), other.account);
    expect((await lettersOf(brand)).map(({ resolvedAt }) => resolvedAt)).toEqual([null]);
    await healed();
    expect(Number((await accountState(other)).b)).toBe(50);
    expect(await balance()).toBe(88);
  });
});

describe("grants, refunds and what has expired on a branch that was lost", () => {
  it("come back by themselves, once", async () => {
    const { usage_id: usageId } = await (await consumeWith(sk())).json();
    await drain(brand);
    const short = await grant(3, new Date(Date.now() + 1500));
    await drain(brand);
    let last = "";
    await forked(
      brand,
      () => spend(1),
      async () => {
        last = await owe(ctxOf(brand), {
          mode: "live",
          source: "pack",
          tokens: 40,
          businessKey: `last:${brand.customerId}`,
        });
        await applyIntents(metering(), brand.account);
        await pause(1600);
        // Writes off what has expired, on its way.
        expect(await spend(2)).toBe(200);
      },
    );
    const kinds = (await lettersOf(brand)).map(({ fields }) => fields.k).toSorted();
    expect(kinds).toEqual(["expiry", "grant", "usage"]);
    await healed();
    await applyIntents(metering(), brand.account);
    expect(await spend(4)).toBe(200);
    await drain(brand);
    expect((await entriesOf(brand)).filter(({ operationId }) => operationId === `grant:${last}`)).toHaveLength(1);
    const [row] = await db().select().from(grants).where(eq(grants.id, short));
    expect(row?.remaining).toBe(0);
    // 100 less uses of 5, 1, 2 and 4, of which the short grant of 3 paid 1 and 2; and 40.
    expect(await balance()).toBe(131);
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId });
    expect((await entriesOf(brand)).filter(({ kind }) => kind === "refund")).toHaveLength(1);
  });

  it("a refund is carried out again under the new epoch", async () => {
    const { usage_id: usageId } = await (await consumeWith(sk())).json();
    await drain(brand);
    await forked(
      brand,
      () => spend(1),
      async () => {
        const { usedParts } = await import("../refunds/queries");
        const { oweRefund } = await import("../intents/service");
        const used = await usedParts(db(), brand.account, usageId);
        if (!used) throw new Error("The use is not known");
        await oweRefund(ctxOf(brand), { mode: "live", use: used });
        await applyIntents(metering(), brand.account);
      },
    );
    expect(await resolutions()).toEqual([null]);
    await healed();
    expect(await resolutions()).toEqual(["comes back by itself (epoch 2)"]);
    expect(await balance()).toBe(94);
    await applyIntents(metering(), brand.account);
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(99);
  });
});

describe("reservations on a branch that was lost", () => {
  it("are open again, and can be settled once", async () => {
    let id = "";
    await forked(
      brand,
      () => spend(20),
      async () => {
        id = await held(30);
      },
    );
    await healed();
    expect(await posted()).toEqual([["hold", 30, -30]]);
    expect(await balance()).toBe(50);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(1);
    expect((await settleWith(sk(), id, 12)).status).toBe(200);
    expect((await releaseWith(sk(), id)).status).toBe(409);
    expect(await balance()).toBe(68);
  });

  it.each([
    ["settled", (id: string) => settleWith(sk(), id, 12), ["settle", 12, 18], 68],
    ["settled whole", (id: string) => settleWith(sk(), id, 30), ["settle", 30, 0], 50],
    ["released", (id: string) => releaseWith(sk(), id), ["release", 30, 30], 80],
  ] as const)("and there %s, stay so", async (_, step, entry, after) => {
    let [id, text] = ["", ""];
    await forked(
      brand,
      () => spend(20),
      async () => {
        id = await held(30);
        text = await (await step(id)).text();
      },
    );
    await healed();
    expect(await posted()).toEqual([["hold", 30, -30], [...entry]]);
    expect(await balance()).toBe(after);
    expect(await (await step(id)).text()).toBe(text);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(0);
  });

  it("that were made before, and resolved there, are resolved in the ledger", async () => {
    const [one, two] = [await held(30), await held(10)];
    await drain(brand);
    await forked(
      brand,
      () => spend(20),
      async () => {
        expect((await settleWith(sk(), one, 12)).status).toBe(200);
        expect((await releaseWith(sk(), two)).status).toBe(200);
      },
    );
    await healed();
    expect(await posted()).toEqual([
      ["settle", 12, 18],
      ["release", 10, 10],
    ]);
    expect(await balance()).toBe(68);
    const rows = await db().select().from(reservations).where(eq(reservations.customerId, brand.customerId));
    expect(rows.map(({ id, status, tokensConsumed }) => [id === one, status, tokensConsumed]).toSorted()).toEqual([
      [false, "released", 0],
      [true, "settled", 12],
    ]);
  });

  it("whose hold the balance does not cover are lost, with what was used of them", async () => {
    await forked(
      brand,
      () => spend(90),
      async () => {
        const id = await held(60);
        expect((await settleWith(sk(), id, 25)).status).toBe(200);
        const other = await held(40);
        expect((await releaseWith(sk(), other)).status).toBe(200);
      },
    );
    await healed();
    expect(await posted()).toEqual([]);
    expect(await balance()).toBe(10);
    // A hold alone costs the brand nothing: what was used does.
    expect(await reportsOf(brand)).toMatchObject([{ tokensLost: 25 }]);
    expect(await resolutions()).toEqual([
      "is not covered by the balance: lost (epoch 2)",
      "resolves a reservation that is not open: lost (epoch 2)",
      "is not covered by the balance: lost (epoch 2)",
      "resolves a reservation that is not open: lost (epoch 2)",
    ]);
  });

  it("take from several grants, and what they give back covers what comes after", async () => {
    const soon = await grant(10, inAnHour());
    await forked(
      brand,
      () => spend(1),
      async () => {
        const id = await held(50);
        expect((await settleWith(sk(), id, 6)).status).toBe(200);
        expect(await spend(95)).toBe(200);
      },
    );
    await healed();
    expect(
      (await entriesOf(brand)).filter(({ epoch }) => epoch === 2).map(({ kind, grantParts }) => [kind, grantParts]),
    ).toEqual([
      [
        "hold",
        [
          [soon, -9],
          [expect.any(String), -41],
        ],
      ],
      [
        "settle",
        [
          [soon, 3],
          [expect.any(String), 41],
        ],
      ],
      [
        "usage",
        [
          [soon, -3],
          [expect.any(String), -92],
        ],
      ],
    ]);
    expect(await balance()).toBe(8);
    const [row] = await db().select().from(grants).where(eq(grants.id, soon));
    expect(row?.remaining).toBe(0);
  });

  it("on a plan without a limit hold nothing and give nothing back", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    let [open, closed] = ["", ""];
    await forked(
      brand,
      () => spend(1),
      async () => {
        open = await held(500);
        closed = await held(400);
        expect((await settleWith(sk(), closed, 300)).status).toBe(200);
      },
    );
    await healed();
    expect(await posted()).toEqual([
      ["hold", 500, 0],
      ["hold", 400, 0],
      ["settle", 300, 0],
    ]);
    expect((await releaseWith(sk(), open)).status).toBe(200);
    expect(await balance()).toBe(100);
  });
});
