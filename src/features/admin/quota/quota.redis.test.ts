import { and, desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { grants } from "@/db/schema/metering";
import { seedCatalog } from "@/db/seed/catalog";
import { applyIntents, endGrantIn, grantTokens } from "@/features/metering/intents/service";
import { accountOf, uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { accountState, checkedAfterEach, consumeWith, drain, holdWith, testBrand } from "@/test/meter";
import { makeStaff } from "@/test/staff";
import { openSupport } from "../support/service";
import { proposeReset, resetQuota } from "./service";

/** A plan's tokens given back: what is looked at is what is done, once. */

let staff: StaffCtx;
const ends = new Date(Date.now() + 10 * 86_400_000);
const reason = "An outage of ours used them up";

beforeAll(async () => {
  await seedCatalog(db());
  staff = await makeStaff(db());
});
afterAll(closeDb);
checkedAfterEach();

/** A brand in a paid period of 30 tokens, 10 of them used, that staff have opened. */
async function opened() {
  const brand = await testBrand({ tokens: 4, plan: "starter" });
  const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
  const grant = {
    mode: "live",
    source: "plan",
    tokens: 30,
    expiresAt: ends,
    businessKey: `planned:${uuidv7()}`,
  } as const;
  await grantTokens(ctx, metering(), grant);
  for (let i = 0; i < 2; i++) await consumeWith(brand.secretKey.secret);
  await drain(brand);
  const input = { customerId: brand.customerId };
  await openSupport(staff, { ...input, reason });
  return { brand, input };
}

it("gives what was used, until the period ends, and says so before and after", async () => {
  const { brand, input } = await opened();
  const quota = await proposeReset(staff, input);
  expect(quota).toMatchObject({
    plan: "Starter",
    ...{ quota: 30, used: 10, givenBack: 0, tokens: 10, balance: 24 },
    expiresAt: ends.toISOString(),
  });
  const asked = { ...input, tokens: quota.tokens, confirmation: quota.confirmation, reason };
  expect(await resetQuota(staff, metering(), asked)).toEqual({ outcome: "applied" });
  expect((await accountState(brand)).b).toBe("34");
  const lines = await db()
    .select()
    .from(auditLog)
    .where(eq(auditLog.customerId, brand.customerId))
    .orderBy(desc(auditLog.id))
    .limit(2);
  expect(lines.find(({ action }) => action === "support.quota_reset")).toMatchObject({
    actorId: staff.staffId,
    details: { quota: 30, used: 10, tokens: 10, until: ends.toISOString(), reason },
  });
  expect(lines.find(({ action }) => action === "tokens.granted")).toMatchObject({ details: { tokens: 10, reason } });
  // What was given back is not given again, and what is used afterwards is.
  expect(await proposeReset(staff, input)).toMatchObject({ used: 10, givenBack: 10, tokens: 0 });
  await expect(resetQuota(staff, metering(), asked)).rejects.toMatchObject({ code: "amount_changed" });
});

it("is done once, however many press at a time, and never for more than was used", async () => {
  const { brand, input } = await opened();
  const { tokens, confirmation } = await proposeReset(staff, input);
  const asked = { ...input, tokens, confirmation, reason };
  await expect(resetQuota(staff, metering(), { ...asked, tokens: tokens + 1 })).rejects.toMatchObject({
    code: "amount_changed",
  });
  // A brand that goes on meanwhile does not stand in the way.
  await consumeWith(brand.secretKey.secret);
  await drain(brand);
  const done = await Promise.allSettled(Array.from({ length: 3 }, () => resetQuota(staff, metering(), asked)));
  expect(done.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await drain(brand);
  expect((await accountState(brand)).b).toBe("29");
});

it("counts neither tokens that were taken back as used, nor those that are only held", async () => {
  const { brand, input } = await opened();
  const { customerId } = brand;
  const ctx = { db: db(), customerId, actor: { type: "system", id: "test" } } as const;
  const [plan] = await db()
    .select()
    .from(grants)
    .where(and(eq(grants.customerId, customerId), eq(grants.source, "plan")));
  const grantId = plan?.id ?? "";
  // As half a refund of the period does.
  const back = { mode: "live", grantId, reason: "refunded", businessKey: `revoke:${grantId}:0`, tokens: 5 } as const;
  await db().transaction((tx) => endGrantIn(tx, ctx, back));
  await applyIntents(metering(), accountOf(customerId, "live"));
  await holdWith(brand.secretKey.secret);
  await drain(brand);
  expect(await proposeReset(staff, input)).toMatchObject({ used: 10, tokens: 10, balance: 9 });
});

it("is refused without an opened view, and where no plan gives tokens", async () => {
  const { input } = await opened();
  const nobody = await makeStaff(db());
  await expect(proposeReset(nobody, input)).rejects.toMatchObject({ code: "forbidden" });
  await expect(
    resetQuota(nobody, metering(), { ...input, tokens: 1, confirmation: "x", reason }),
  ).rejects.toMatchObject({ code: "forbidden" });
  const without = await testBrand({ tokens: 50 });
  await openSupport(staff, { customerId: without.customerId, reason });
  await expect(proposeReset(staff, { customerId: without.customerId })).rejects.toMatchObject({
    code: "invalid_request",
  });
});
