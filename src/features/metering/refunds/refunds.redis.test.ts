import { and, desc, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { deadLetters, grantIntents, grants, tokenUsage, usageAnalyticsDaily } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { postRefund } from "@/rest/v1/refund";
import { keyOf } from "@/test/contract-calls";
import { ctxOf, entriesOf, forget, hashOf, headOf, pause, restoreHash, use } from "@/test/ledger";
import {
  accountState,
  batchWith,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { applyIntents, expireGrant, owe } from "../intents/service";
import { applyAllIntents } from "../jobs";
import { accountKey, catalogKey, outboxKey, unpackGrants } from "../rules";
import { changeLimit } from "../service";
import { refundReport } from "./contract";
import { REFUND_GRANT_MS } from "./queries";
import { refundUsage } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const grantsThere = async () => unpackGrants((await accountState(brand)).g ?? "");
const refund = (usageId: string, options: { key?: string; text?: string; headers?: Record<string, string> } = {}) =>
  postRefund(
    new Request(`http://localhost/api/v1/customer/tokens/usage/${usageId}/refund`, {
      method: "POST",
      headers: { authorization: `Bearer ${options.key ?? sk()}`, ...options.headers },
      ...(options.text === undefined ? {} : { body: options.text }),
    }),
    { params: Promise.resolve({ id: usageId }) },
  );
const refunded = async (usageId: string) => {
  const response = await refund(usageId);
  expect(response.status).toBe(200);
  return refundReport.parse(await response.json());
};
const refused = async (answer: Promise<Response>) => {
  const response = await answer;
  return [response.status, (await response.json()).code];
};
const used = async (body: unknown = { app_id: "vto-001" }): Promise<string> => {
  const response = await consumeWith(sk(), { body });
  expect(response.status).toBe(200);
  return (await response.json()).usage_id;
};
const grant = async (tokens: number, source: "plan" | "pack", expiresAt: Date | null = null) => {
  const id = await owe(ctxOf(brand), {
    mode: "live",
    source,
    tokens,
    expiresAt,
    businessKey: `${source}-${tokens}:${brand.customerId}`,
  });
  await applyIntents(metering(), brand.account);
  return id;
};
const today = () => db().select().from(usageAnalyticsDaily).where(eq(usageAnalyticsDaily.customerId, brand.customerId));

describe("a refund", () => {
  it("gives a use back at once after it, and is an entry that names what it gives back", async () => {
    const id = await used();
    expect(await refunded(id)).toEqual({ usage_id: id, tokens_refunded: 5, tokens_remaining: 100 });
    expect(await balance()).toBe(100);
    expect(
      (await entriesOf(brand)).map(({ kind, tokens, delta, reverses }) => [kind, tokens, delta, reverses]),
    ).toEqual([
      ["grant", 100, 100, null],
      ["usage", 5, -5, null],
      ["refund", 5, 5, id],
    ]);
    expect((await entriesOf(brand)).at(-1)).toMatchObject({
      operationId: `refund:${id}`,
      appId: "vto-001",
      grantId: null,
      grantParts: [[expect.any(String), 5]],
    });
    const [own] = await grantsThere();
    expect(own).toMatchObject({ source: "adjustment", remaining: 100 });
  });

  it("asked again answers the same, says so, and gives nothing", async () => {
    const id = await used();
    const first = await refund(id);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    const text = await first.text();
    await used();
    for (let i = 0; i < 3; i++) {
      if (i === 1) await drain(brand);
      if (i === 2) await forget(brand);
      const again = await refund(i === 0 ? id.toUpperCase() : id);
      expect([again.status, await again.text()]).toEqual([200, text]);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
    }
    expect(await use(brand)).toBe(200);
    expect(await balance()).toBe(90);
  });

  it("is one, however many ask at the same moment", async () => {
    const id = await used();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(id)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(answers.filter((answer) => answer.headers.get("idempotent-replayed") === null)).toHaveLength(1);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect(await balance()).toBe(100);
    expect((await entriesOf(brand)).filter(({ kind }) => kind === "refund")).toHaveLength(1);
  });

  it("of each use is its own", async () => {
    const ids = [await used(), await used(), await used({ app_id: "pdc-001" })];
    expect(await balance()).toBe(89);
    expect((await refunded(ids[1] ?? "")).tokens_remaining).toBe(94);
    expect((await refunded(ids[2] ?? "")).tokens_remaining).toBe(95);
    expect((await refunded(ids[0] ?? "")).tokens_remaining).toBe(100);
  });

  it("is found for a use of a batch, and for what a reservation came to", async () => {
    const batch = await (await batchWith(sk(), [{ app_id: "vto-001", idempotency_key: "a" }])).json();
    expect((await refunded(batch.results[0].body.usage_id)).tokens_refunded).toBe(5);
    const { reservation_id } = await (await holdWith(sk())).json();
    const { usage_id } = await (await settleWith(sk(), reservation_id, 4)).json();
    expect(await balance()).toBe(96);
    expect(await refunded(usage_id)).toMatchObject({ tokens_refunded: 4, tokens_remaining: 100 });
    expect(await refused(refund(reservation_id))).toEqual([404, "usage_not_found"]);
  });

  it("is for a key that covers the app, as the use was", async () => {
    const { secret } = await keyOf(brand, { appPermissions: ["pdc-001"] });
    const [covered, other] = [await used({ app_id: "pdc-001" }), await used()];
    expect(await refused(refund(other, { key: secret }))).toEqual([403, "app_not_permitted"]);
    expect((await refund(covered, { key: secret })).status).toBe(200);
    expect(await balance()).toBe(95);
  });

  it("is refused for what is no use of this account", async () => {
    const id = await used();
    const other = await testBrand({ tokens: 100 });
    const theirs = (await (await consumeWith(other.secretKey.secret)).json()).usage_id;
    const { reservation_id } = await (await holdWith(sk())).json();
    await releaseWith(sk(), reservation_id);
    const grantId = (await grantsThere())[0]?.id ?? "";
    for (const wrong of ["nonsense", crypto.randomUUID(), theirs, reservation_id, grantId, `refund:${id}`]) {
      expect(await refused(refund(wrong)), wrong).toEqual([404, "usage_not_found"]);
    }
    await expect(refundUsage(ctxOf(brand), metering(), { mode: "test", usageId: id })).rejects.toMatchObject({
      code: "usage_not_found",
    });
    expect(await balance()).toBe(95);
    expect(Number((await accountState(other)).b)).toBe(95);
  });

  it("is not for a public key, nor for one without the scope's body in order", async () => {
    const id = await used();
    expect((await refund(id, { key: brand.publicKey.secret })).status).toBe(403);
    const json = { "content-type": "application/json" };
    expect(await refused(refund(id, { text: '{"amount":1}', headers: json }))).toEqual([400, "invalid_request"]);
    expect(await refused(refund(id, { text: `{"reason":"${"x".repeat(201)}"}`, headers: json }))).toEqual([
      400,
      "invalid_request",
    ]);
    expect(await balance()).toBe(95);
  });

  it("leaves its reason in the audit log, with who did it", async () => {
    const id = await used();
    const text = '{"reason":"It did not fit."}';
    expect((await refund(id, { text, headers: { "content-type": "application/json" } })).status).toBe(200);
    const [row] = await db()
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.customerId, brand.customerId), eq(auditLog.action, "tokens.refunded")))
      .orderBy(desc(auditLog.id));
    expect(row?.details).toMatchObject({ mode: "live", tokens: 5, target: id, reason: "It did not fit." });
  });

  it("strikes the use from the statistics of its day, and marks its details", async () => {
    const ids = [await used(), await used()];
    await drain(brand);
    expect(await today()).toMatchObject([{ tokensConsumed: 10, sessionsCount: 2 }]);
    await refunded(ids[0] ?? "");
    expect(await today()).toMatchObject([{ tokensConsumed: 5, sessionsCount: 1 }]);
    const rows = await db().select().from(tokenUsage).where(eq(tokenUsage.customerId, brand.customerId));
    expect(rows.filter(({ refundedAt }) => refundedAt !== null).map(({ id }) => id)).toEqual([ids[0]]);
  });
});

describe("what a refund gives back goes to the grants that gave it", () => {
  it("where several did", async () => {
    const plan = await grant(3, "plan", new Date(Date.now() + 3_600_000));
    const id = await used();
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([98]);
    expect(await refunded(id)).toMatchObject({ tokens_refunded: 5, tokens_remaining: 103 });
    // The plan's was spent and gone from the account: it is back, and burns first again.
    expect((await grantsThere()).map(({ id: own, remaining }) => [own === plan, remaining])).toEqual([
      [true, 3],
      [false, 100],
    ]);
    await drain(brand);
    const [row] = await db().select().from(grants).where(eq(grants.id, plan));
    expect(row?.remaining).toBe(3);
  });

  it("where its reservation took from several and gave some back", async () => {
    await grant(6, "plan", new Date(Date.now() + 3_600_000));
    const { reservation_id } = await (await holdWith(sk())).json();
    const { usage_id } = await (await settleWith(sk(), reservation_id, 8)).json();
    // 6 of the plan and 2 of the other were used; 2 came back.
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([98]);
    await refunded(usage_id);
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([6, 100]);
  });

  it("and opens one of 30 days for what came from one whose time is over", async () => {
    const soon = new Date(Date.now() + 1200);
    const plan = await grant(3, "plan", soon);
    const id = await used();
    await pause(1300);
    const before = Date.now();
    expect(await refunded(id)).toEqual({ usage_id: id, tokens_refunded: 5, tokens_remaining: 103 });
    const [first, second, ...none] = await grantsThere();
    expect(none).toEqual([]);
    expect(first).toMatchObject({ source: "refund", remaining: 3 });
    expect(Math.abs((first?.expiresAt ?? 0) - before - REFUND_GRANT_MS)).toBeLessThan(5_000);
    expect(second).toMatchObject({ source: "adjustment", remaining: 100 });
    const [intent] = await db().select().from(grantIntents).where(eq(grantIntents.target, id));
    expect(first?.id).toBe(intent?.id);
    const rows = await db().select().from(grants).where(eq(grants.customerId, brand.customerId));
    expect(rows.find((row) => row.id === first?.id)).toMatchObject({ source: "refund", tokens: 3, remaining: 3 });
    expect(rows.find((row) => row.id === plan)?.remaining).toBe(0);
    // The hydrate finds it too.
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect((await grantsThere()).map(({ source }) => source)).toEqual(["adjustment"]);
  });

  it("likewise where the grant was ended before its time", async () => {
    const pack = await grant(20, "pack", new Date(Date.now() + 3_600_000));
    const id = await used();
    await drain(brand);
    await expireGrant(ctxOf(brand), metering(), { mode: "live", grantId: pack, reason: "charged back" });
    expect(await balance()).toBe(100);
    // Its end is not drained: Redis knows it, and Postgres does not yet.
    expect(await refunded(id)).toMatchObject({ tokens_refunded: 5, tokens_remaining: 105 });
    expect((await grantsThere()).map(({ source, remaining }) => [source, remaining])).toEqual([
      ["refund", 5],
      ["adjustment", 100],
    ]);
  });

  it("nowhere, where the plan was without a limit: the balance stays, and the statistics are struck", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    const id = await used();
    expect(await refunded(id)).toEqual({ usage_id: id, tokens_refunded: 5, tokens_remaining: null });
    expect(await balance()).toBe(100);
    expect(await today()).toMatchObject([{ tokensConsumed: 0, sessionsCount: 0 }]);
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ kind: "refund", tokens: 5, delta: 0 });
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: false });
    expect(await use(brand)).toBe(200);
    expect(await balance()).toBe(95);
  });

  it("to the last token of an account that is otherwise empty", async () => {
    const id = await used({ app_id: "cai-001", tokens_consumed: 100 });
    expect(await use(brand)).toBe(402);
    expect((await refunded(id)).tokens_remaining).toBe(100);
    expect(await use(brand)).toBe(200);
  });
});

describe("a refund and stores that fail", () => {
  it("is carried out once where Redis lost it before it was drained", async () => {
    const id = await used();
    await drain(brand);
    const before = await hashOf(accountKey(brand.account));
    // Redis takes it, and everything since the last drain is lost.
    const { usedParts } = await import("./queries");
    const { oweRefund } = await import("../intents/service");
    const use = await usedParts(db(), brand.account, id);
    if (!use) throw new Error("The use is not known");
    expect(await oweRefund(ctxOf(brand), { mode: "live", use })).toMatchObject({ made: true });
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(100);
    await restoreHash(accountKey(brand.account), before);
    await redis().del(outboxKey(brand.partition));
    expect(await balance()).toBe(95);
    await applyAllIntents(metering());
    await applyAllIntents(metering());
    expect(await balance()).toBe(100);
    expect(await refunded(id)).toMatchObject({ tokens_refunded: 5, tokens_remaining: 100 });
    expect((await headOf(brand))?.balance).toBe(100);
  });

  it("of a use that waits among the dead letters is not possible yet, and says so", async () => {
    const app = "xyz-999";
    await redis().hset(catalogKey(brand.partition), { [`app:${app}`]: `${app}|5|available|0` });
    await redis().hset(accountKey(brand.account), { [`app:${app}`]: "1" });
    const id = await used({ app_id: app });
    await redis().hdel(catalogKey(brand.partition), `app:${app}`);
    const response = await refund(id);
    expect([response.status, (await response.json()).code]).toEqual([503, "metering_unavailable"]);
    expect(await db().select().from(deadLetters).where(eq(deadLetters.customerId, brand.customerId))).toHaveLength(1);
    expect(await balance()).toBe(95);
    expect(await db().select().from(grantIntents).where(eq(grantIntents.target, id))).toHaveLength(0);
  });

  it("waits for a drain that holds the partition", async () => {
    const id = await used();
    const { drainPartition } = await import("../outbox/service");
    let asked: Promise<Response> | undefined;
    await drainPartition(
      {
        ...metering(),
        at: async (point) => {
          if (point !== "read" || asked) return;
          asked = refund(id);
          await pause(400);
        },
      },
      brand.partition,
    );
    expect((await asked)?.status).toBe(200);
    expect(await balance()).toBe(100);
  });
});
