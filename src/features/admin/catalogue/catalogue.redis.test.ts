import { and, desc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps } from "@/db/schema/catalog";
import { seedCatalog } from "@/db/seed/catalog";
import { appPage, catalogRecords, publicAppNamed } from "@/features/catalog/queries";
import { healCatalogs } from "@/features/metering/jobs";
import { loadCatalog } from "@/features/metering/reconcile/service";
import { catalogKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, holdWith, settleWith, type TestBrand, testBrand } from "@/test/meter";
import { makeStaff } from "@/test/staff";
import type { AppFields } from "./contract";
import { editedApp, editedApps } from "./queries";
import { discardAppDraft, publishApp, restoreApp, saveAppDraft } from "./service";

/** What staff do to an app, from the draft to the price of the very next use. */

const SLUG = "virtual-try-on";
let staff: StaffCtx;
let brand: TestBrand;

beforeAll(async () => {
  await seedCatalog(db());
  staff = await makeStaff(db());
});
afterAll(async () => {
  await asShipped();
  await closeDb();
});
checkedAfterEach();

const now = () => editedApp(staff, { slug: SLUG });
/** The next version with some fields changed. */
async function publish(change: Partial<AppFields>, reason = "As agreed with the makers") {
  const { published, revision } = await now();
  return publishApp(staff, metering(), { slug: SLUG, revision, fields: { ...published, ...change }, reason });
}
async function asShipped() {
  const { revision, edited } = await now();
  if (edited.length === 0) return;
  await restoreApp(staff, metering(), { slug: SLUG, revision, version: 0, reason: "The test is over" });
}
const lastLine = async () => {
  const [line] = await db()
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.customerId, staff.customerId), eq(auditLog.subject, "vto-001")))
    .orderBy(desc(auditLog.id))
    .limit(1);
  return line;
};
const price = async (body?: unknown) => {
  const answer = await consumeWith(brand.secretKey.secret, { ...(body ? { body } : {}) });
  return answer.status === 200 ? ((await answer.json()) as { tokens_consumed: number }).tokens_consumed : answer.status;
};

describe("a draft", () => {
  it("is seen by staff alone, says whose it is, and goes when it is thrown away", async () => {
    brand = await testBrand({ tokens: 100 });
    const { published, revision } = await now();
    const saved = await saveAppDraft(staff, { slug: SLUG, revision, fields: { ...published, name: "Mirror" } });
    expect(await lastLine()).toMatchObject({ action: "catalogue.draft_saved", details: { fields: ["name"] } });
    expect(await now()).toMatchObject({
      published: { name: "Virtual Try-On" },
      draft: { fields: { name: "Mirror", tokenCost: 5 }, by: expect.stringContaining("admin of") },
    });
    expect((await editedApps(staff)).apps.find(({ slug }) => slug === SLUG)).toMatchObject({ draft: true, version: 0 });
    const seen = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
    expect((await appPage(seen, { slug: SLUG })).name).toBe("Virtual Try-On");
    expect((await publicAppNamed(db(), SLUG)).name).toBe("Virtual Try-On");

    const stale = publishApp(staff, metering(), { slug: SLUG, revision, fields: published, reason: "Too late by now" });
    await expect(stale).rejects.toMatchObject({ code: "configuration_changed" });
    await discardAppDraft(staff, { slug: SLUG, revision: saved.revision });
    expect(await lastLine()).toMatchObject({ action: "catalogue.draft_discarded" });
    expect((await now()).draft).toBeNull();
  });
});

describe("publishing", () => {
  it("has the very next use cost the new price; what is reserved keeps its own, and the books hold", async () => {
    brand = await testBrand({ tokens: 100 });
    const sk = brand.secretKey.secret;
    expect(await price()).toBe(5);
    const held = (await (await holdWith(sk)).json()) as { reservation_id: string };
    expect(await publish({ tokenCost: 7, name: "Mirror" })).toMatchObject({ atTheEdge: true });
    expect(await price()).toBe(7);
    expect(await price({ app_id: "vto-001", tokens_consumed: 5 })).toBe(422);
    const settled = (await (await settleWith(sk, held.reservation_id, 10)).json()) as { tokens_consumed: number };
    expect(settled.tokens_consumed).toBe(10);
    await drain(brand);
    const page = await publicAppNamed(db(), SLUG);
    expect(page).toMatchObject({ name: "Mirror", token_cost: 7 });
    expect(await lastLine()).toMatchObject({
      action: "catalogue.published",
      actorId: staff.staffId,
      details: { price: "5 → 7", fields: ["name", "tokenCost"], reason: "As agreed with the makers" },
    });
    await asShipped();
    expect(await price()).toBe(5);
    await drain(brand);
  });

  it("of an app that is no longer offered refuses its uses, until it is offered again", async () => {
    brand = await testBrand({ tokens: 100 });
    await publish({ status: "disabled" });
    expect(await price()).toBe(403);
    await asShipped();
    expect(await price()).toBe(5);
    await drain(brand);
  });

  it("is of what differs: nothing new is refused, and of two at a time one wins", async () => {
    await expect(publish({})).rejects.toMatchObject({ code: "invalid_request" });
    const { published, revision } = await now();
    const both = await Promise.allSettled(
      ["One way", "Another way"].map((name) =>
        publishApp(staff, metering(), { slug: SLUG, revision, fields: { ...published, name }, reason: "At a time" }),
      ),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const nobody = { slug: "nowhere", revision, fields: published, reason: "Not there" };
    await expect(publishApp(staff, metering(), nobody)).rejects.toMatchObject({ code: "app_not_found" });
    await asShipped();
  });

  it("is not undone by a load of the catalogue that read the old price and is slow to write it", async () => {
    brand = await testBrand({ tokens: 100 });
    let publishing: Promise<unknown> | undefined;
    const slow = {
      ...metering(),
      db: db(),
      redis: redis(),
      loaders: {
        ...metering().loaders,
        catalog: async (tx: Parameters<typeof catalogRecords>[0]) => {
          const old = await catalogRecords(tx);
          publishing ??= publish({ tokenCost: 9 });
          await new Promise((resolve) => setTimeout(resolve, 400));
          return old;
        },
      },
    };
    await loadCatalog(slow, brand.partition);
    await publishing;
    expect(await price()).toBe(9);
    await asShipped();
    await drain(brand);
  });

  it("reaches the edge later where Redis was away", async () => {
    brand = await testBrand({ tokens: 100 });
    await db().update(apps).set({ tokenCost: 8 }).where(eq(apps.slug, SLUG));
    expect(await price()).toBe(5);
    await healCatalogs(metering());
    expect(await price()).toBe(8);
    await db().update(apps).set({ tokenCost: 5 }).where(eq(apps.slug, SLUG));
    await healCatalogs(metering());
    expect(await price()).toBe(5);
    // And leaves alone what is as it should be.
    await redis().hset(catalogKey(brand.partition), { marked: "1" });
    await healCatalogs(metering());
    expect(await redis().hexists(catalogKey(brand.partition), "marked")).toBe(1);
    await drain(brand);
  });
});

describe("the history", () => {
  it("tells who changed what and why, and brings any of it back as a version of its own", async () => {
    const first = await publish({ name: "Mirror", features: ["One", "Two"] }, "A new name for spring");
    await publish({ name: "Looking glass" }, "It was too short");
    const { revision, versions } = await now();
    expect(versions[0]).toMatchObject({
      reason: "It was too short",
      changes: [{ field: "name", from: "Mirror", to: "Looking glass" }],
      restoredFrom: null,
    });
    const back = { slug: SLUG, revision, version: first.version, reason: "It was better before" };
    await restoreApp(staff, metering(), back);
    const brought = await now();
    expect(brought.published).toMatchObject({ name: "Mirror", features: ["One", "Two"], tokenCost: 5 });
    expect(brought.versions[0]).toMatchObject({
      restoredFrom: first.version,
      changes: [{ field: "name", from: "Looking glass", to: "Mirror" }],
    });
    expect(await lastLine()).toMatchObject({
      action: "catalogue.restored",
      details: { restoredFrom: first.version, reason: "It was better before" },
    });
    await expect(
      restoreApp(staff, metering(), { ...back, revision: (await now()).revision, version: 999 }),
    ).rejects.toMatchObject({ code: "not_found" });
    await asShipped();
  });
});

describe("the catalogue as it is shipped", () => {
  it("leaves what staff have edited alone at a start, and goes on with the rest", async () => {
    await publish({ name: "Mirror", tokenCost: 6 });
    const { revision } = await now();
    await seedCatalog(db());
    expect(await now()).toMatchObject({
      published: { name: "Mirror", tokenCost: 6 },
      edited: ["name", "tokenCost"],
      revision,
    });
    // As if what was shipped before had said other things.
    const older = sql`${apps.shipped} || '{"about": "Older words", "name": "Older name"}'::jsonb`;
    await db().update(apps).set({ about: "Older words", shipped: older }).where(eq(apps.slug, SLUG));
    await seedCatalog(db());
    const after = await now();
    expect(after.published.name).toBe("Mirror");
    expect(after.published.about).toBe(after.shipped.about);
    expect(after.shipped.name).toBe("Virtual Try-On");
    // Whoever has the app open has seen something else.
    expect(after.revision).toBe(revision + 1);
    await asShipped();
    expect(await now()).toMatchObject({ published: { name: "Virtual Try-On", tokenCost: 5 }, edited: [] });
  });
});
