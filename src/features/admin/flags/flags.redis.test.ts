import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { featureFlags } from "@/db/schema/catalog";
import { seedCatalog } from "@/db/seed/catalog";
import { activate } from "@/features/activations/service";
import { appPage, listApps, publicApps } from "@/features/catalog/queries";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { makeStaff } from "@/test/staff";
import { setFlagInput } from "./contract";
import { flagsOf } from "./queries";
import { setFlag } from "./service";

/** To whom an app is open, as brands, the API and the verb that turns it on have it. */

let staff: StaffCtx;
let one: TestBrand;
let other: TestBrand;

beforeAll(async () => {
  await seedCatalog(db());
  staff = await makeStaff(db());
  [one, other] = [await testBrand({ apps: ["pdc-001"] }), await testBrand({ apps: [] })];
});
afterAll(async () => {
  await db().delete(featureFlags);
  await closeDb();
});
checkedAfterEach();

const of = ({ customerId }: TestBrand) => ({ db: db(), customerId, actor: { type: "system", id: "test" } }) as const;
const set = (name: string, state: "default" | "on" | "off" | "some", brands: string[] = []) =>
  setFlag(staff, { name, state, brands, reason: "Shown to a few first" });
const sees = async (brand: TestBrand, appId: string) => (await listApps(of(brand))).apps.some(({ id }) => id === appId);
const anyone = async (appId: string) =>
  (await publicApps(db(), { page: 1, per_page: 100 })).apps.some(({ id }) => id === appId);
const turnsOn = (brand: TestBrand, appId: string) =>
  activate(of(brand), metering(), { appId }).then(
    () => "on",
    (error: { code?: string }) => error.code,
  );

it("an app that is on for some is seen, and can be turned on, by them alone", async () => {
  await set("app:frf-001", "some", [one.customerId]);
  expect([await sees(one, "frf-001"), await sees(other, "frf-001"), await anyone("frf-001")]).toEqual([
    true,
    false,
    false,
  ]);
  expect((await appPage(of(one), { slug: "frame-finder" })).id).toBe("frf-001");
  await expect(appPage(of(other), { slug: "frame-finder" })).rejects.toMatchObject({ code: "app_not_found" });
  expect(await turnsOn(other, "frf-001")).toBe("app_not_active");
  expect(await turnsOn(one, "frf-001")).toBe("on");
  expect((await flagsOf(staff)).flags.find(({ name }) => name === "app:frf-001")).toMatchObject({
    state: "some",
    open: false,
    brands: [{ id: one.customerId }],
    set: { reason: "Shown to a few first" },
  });
  await set("app:frf-001", "default");
  expect(await sees(other, "frf-001")).toBe(true);
});

it("an app that is off is off the marketplace, and whoever has it keeps it", async () => {
  await set("app:pdc-001", "off");
  expect([await sees(one, "pdc-001"), await sees(other, "pdc-001"), await anyone("pdc-001")]).toEqual([
    true,
    false,
    false,
  ]);
  expect((await consumeWith(one.secretKey.secret, { body: { app_id: "pdc-001" } })).status).toBe(200);
  expect(await turnsOn(other, "pdc-001")).toBe("app_not_active");
  await set("app:pdc-001", "default");
  expect(await turnsOn(other, "pdc-001")).toBe("on");
  await drain(one);
});

it("apps in beta go together, but for one that has a flag of its own", async () => {
  await set("beta_apps", "off");
  expect([await sees(other, "rec-001"), await sees(other, "vto-001")]).toEqual([false, true]);
  await set("app:rec-001", "on");
  expect([await sees(other, "rec-001"), await anyone("rec-001"), await sees(other, "fsa-001")]).toEqual([
    true,
    true,
    false,
  ]);
  await set("beta_apps", "some", [other.customerId]);
  expect([await sees(other, "fsa-001"), await sees(one, "fsa-001")]).toEqual([true, false]);
  await set("beta_apps", "default");
  await set("app:rec-001", "default");
  expect(await sees(one, "fsa-001")).toBe(true);
});

it("each change stands in the log; what is not there is not found, and changes nothing", async () => {
  await set("app:sty-001", "some", [one.customerId]);
  const [line] = await db()
    .select()
    .from(auditLog)
    .where(eq(auditLog.customerId, staff.customerId))
    .orderBy(desc(auditLog.id))
    .limit(1);
  expect(line).toMatchObject({
    action: "flag.set",
    subject: "app:sty-001",
    actorId: staff.staffId,
    details: { from: "default", to: "some", brands: [one.customerId], reason: "Shown to a few first" },
  });
  await expect(set("app:nowhere", "on")).rejects.toMatchObject({ code: "not_found" });
  const nobody = "0197a3c0-0000-7000-8000-0000000000ff";
  await expect(set("app:sty-001", "some", [nobody])).rejects.toMatchObject({ code: "not_found" });
  expect(await sees(one, "sty-001")).toBe(true);
  expect(setFlagInput.safeParse({ name: "beta_apps", state: "some", brands: [], reason: "For nobody" }).success).toBe(
    false,
  );
  await set("app:sty-001", "default");
});
