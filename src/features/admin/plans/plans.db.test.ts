import { desc, eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { billingPlans, tokenPacks } from "@/db/schema/plans";
import { seedCatalog } from "@/db/seed/catalog";
import { offers } from "@/features/plans/queries";
import { makeStaff } from "@/test/staff";
import type { EditPlanInput } from "./contract";
import { editedPlans } from "./queries";
import { editPlan, setPack } from "./service";

let staff: StaffCtx;
beforeAll(async () => {
  await seedCatalog(db());
  staff = await makeStaff(db());
});
afterEach(async () => {
  await db().update(billingPlans).set({ edited: [], isActive: true });
  await db().update(tokenPacks).set({ isActive: true });
  await seedCatalog(db());
});
afterAll(closeDb);

async function starter() {
  const plan = (await editedPlans(staff)).plans.find(({ id }) => id === "starter");
  if (!plan) throw new Error("There is no starter plan");
  return plan;
}
async function change(fields: Partial<EditPlanInput["fields"]>, more: Partial<EditPlanInput> = {}) {
  const plan = await starter();
  return editPlan(staff, {
    planId: "starter",
    seen: { ...plan.fields, onSale: plan.onSale },
    fields: { ...plan.fields, ...fields },
    onSale: plan.onSale,
    reason: "A larger starter plan",
    ...more,
  });
}
const lastLine = async () => {
  const log = db().select().from(auditLog).where(eq(auditLog.customerId, staff.customerId));
  return (await log.orderBy(desc(auditLog.id)).limit(1))[0];
};

it("a plan is sold as staff changed it, also after a start; what it costs is as it was", async () => {
  await change({ tokensPerMonth: 1_500, features: ["More tokens"] });
  expect(await lastLine()).toMatchObject({
    action: "catalogue.plan_changed",
    subject: "starter",
    details: { tokensPerMonth: "1000 → 1500", reason: "A larger starter plan" },
  });
  await seedCatalog(db());
  expect(await starter()).toMatchObject({
    fields: { name: "Starter", tokensPerMonth: 1_500, features: ["More tokens"] },
    shipped: { tokensPerMonth: 1_000 },
    edited: ["tokensPerMonth", "features"],
    priceCents: 2_900,
  });
  expect((await offers(db())).plans[0]).toMatchObject({ id: "starter", tokensPerMonth: 1_500, priceCents: 2_900 });
  // What is as shipped again follows what is shipped again.
  await change({ tokensPerMonth: 1_000 });
  expect((await starter()).edited).toEqual(["features"]);
});

it("a plan with tokens never becomes one without end, and nobody writes over what they have not seen", async () => {
  await expect(change({ tokensPerMonth: -1 })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(change({})).rejects.toMatchObject({ code: "invalid_request" });
  await expect(change({ name: "Small" }, { planId: "nowhere" })).rejects.toMatchObject({ code: "not_found" });
  const { fields, onSale } = await starter();
  const seen = { ...fields, onSale };
  await change({ name: "Small" });
  await expect(change({ name: "Tiny" }, { seen })).rejects.toMatchObject({ code: "configuration_changed" });
  expect((await starter()).fields.name).toBe("Small");
});

it("what is off sale is offered to nobody, and can be put on sale again", async () => {
  await change({}, { onSale: false });
  await setPack(staff, { packId: "pack-1k", onSale: false, reason: "Nobody buys it" });
  expect(await lastLine()).toMatchObject({
    action: "catalogue.pack_changed",
    subject: "pack-1k",
    details: { onSale: false, reason: "Nobody buys it" },
  });
  const { plans, packs } = await offers(db());
  expect([plans.map(({ id }) => id), packs.map(({ id }) => id)]).toEqual([
    ["professional", "enterprise"],
    ["pack-5k", "pack-10k"],
  ]);
  await seedCatalog(db());
  expect((await offers(db())).packs).toHaveLength(2);
  await setPack(staff, { packId: "pack-1k", onSale: true, reason: "They do" });
  expect((await offers(db())).packs).toHaveLength(3);
  await expect(setPack(staff, { packId: "pack-1k", onSale: true, reason: "Again" })).rejects.toMatchObject({
    code: "invalid_request",
  });
  await expect(setPack(staff, { packId: "nowhere", onSale: true, reason: "Where" })).rejects.toMatchObject({
    code: "not_found",
  });
});
