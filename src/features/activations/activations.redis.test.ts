import { and, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps, configurationVersions, customerApps } from "@/db/schema/catalog";
import { customerBilling } from "@/db/schema/plans";
import { appPage } from "@/features/catalog/queries";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { createRedis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, type TestBrand, testBrand } from "@/test/meter";
import { configurationOf, versionsOf } from "./configuration/queries";
import { discardDraft, publish, restore, saveDraft } from "./configuration/service";
import { embedOf, historyOf } from "./queries";
import { activate, deactivate, pause, resume } from "./service";

let brand: TestBrand;
let ctx: Ctx;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: [] });
  ctx = { db: db(), customerId: brand.customerId, actor: { type: "user", id: uuidv7() } };
});
checkedAfterEach();

const of = (one: TestBrand): Ctx => ({ db: db(), customerId: one.customerId, actor: { type: "key", id: "ak_test" } });
const consume = async (app = "rec-001") =>
  (await consumeWith(brand.secretKey.secret, { body: { app_id: app } })).status;
const row = async (appId: string, customerId: string = brand.customerId) => {
  const [found] = await db()
    .select()
    .from(customerApps)
    .innerJoin(apps, eq(apps.id, customerApps.appId))
    .where(and(eq(customerApps.customerId, customerId), eq(apps.catalogId, appId)));
  return found?.customer_apps;
};
const audited = async () =>
  (await db().select().from(auditLog).where(eq(auditLog.customerId, brand.customerId)).orderBy(auditLog.id))
    .map(({ action, subject }) => `${action} ${subject}`)
    .filter((line) => line.startsWith("app."));
const refused = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${error}`);
  return { code: error.code, fields: error.fields };
};
const plan = async (planId: string, status: "active" | "canceled" | "past_due" = "active") => {
  await db().delete(customerBilling).where(eq(customerBilling.customerId, brand.customerId));
  await db().insert(customerBilling).values({ id: uuidv7(), customerId: brand.customerId, planId, status });
};

describe("turning an app on and off", () => {
  it("decides every next use, and leaves a line each", async () => {
    expect(await consume()).toBe(403);
    expect(await activate(ctx, metering(), { appId: "rec-001" })).toMatchObject({
      first: true,
      app: { id: "rec-001", status: "active" },
    });
    expect(await consume()).toBe(200);
    await pause(ctx, metering(), { appId: "rec-001" });
    expect(await consume()).toBe(403);
    await resume(ctx, metering(), { appId: "eyewear-recommendations" });
    expect(await consume()).toBe(200);
    expect((await deactivate(ctx, metering(), { appId: "rec-001" })).app.status).toBe("disabled");
    expect(await consume()).toBe(403);
    expect((await activate(ctx, metering(), { appId: "rec-001" })).first).toBe(false);
    expect(await consume()).toBe(200);
    expect(await audited()).toEqual(
      ["activated", "paused", "resumed", "deactivated", "activated"].map((verb) => `app.${verb} rec-001`),
    );
    expect((await historyOf(ctx, { appId: "rec-001" })).map(({ action }) => action)[0]).toBe("app.activated");
  });

  it("asked for twice, does it once", async () => {
    await activate(ctx, metering(), { appId: "rec-001" });
    await activate(ctx, metering(), { appId: "rec-001" });
    await pause(ctx, metering(), { appId: "rec-001" });
    await pause(ctx, metering(), { appId: "rec-001" });
    expect(await audited()).toEqual(["app.activated rec-001", "app.paused rec-001"]);
    expect((await row("rec-001"))?.version).toBe(1);
  });

  it("for the first time by ten at once makes one activation and one version", async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, () => activate(ctx, metering(), { appId: "fit-001", configuration: {} })),
    );
    expect(new Set(results.map(({ activationId }) => activationId)).size).toBe(1);
    expect(results.filter(({ first }) => first)).toHaveLength(1);
    expect(await versionsOf(ctx, { appId: "fit-001" })).toHaveLength(1);
    expect(await consume("fit-001")).toBe(200);
  });

  it("refuses an app that is not there, was never turned on, or is turned off", async () => {
    expect((await refused(activate(ctx, metering(), { appId: "xyz-999" }))).code).toBe("app_not_found");
    expect((await refused(pause(ctx, metering(), { appId: "rec-001" }))).code).toBe("app_not_active");
    await activate(ctx, metering(), { appId: "rec-001" });
    await deactivate(ctx, metering(), { appId: "rec-001" });
    for (const verb of [pause, resume]) {
      expect((await refused(verb(ctx, metering(), { appId: "rec-001" }))).code).toBe("app_not_active");
    }
  });

  it("refuses an app that is no longer offered, and a newcomer one that is being retired", async () => {
    const set = (status: "available" | "disabled" | "deprecated") =>
      db().update(apps).set({ status }).where(eq(apps.catalogId, "adv-001"));
    const there = await testBrand({ tokens: 0, apps: ["adv-001"] });
    await pause(of(there), metering(), { appId: "adv-001" });
    try {
      await set("deprecated");
      expect((await refused(activate(ctx, metering(), { appId: "adv-001" }))).code).toBe("app_not_active");
      expect((await activate(of(there), metering(), { appId: "adv-001" })).app.status).toBe("active");
      await pause(of(there), metering(), { appId: "adv-001" });
      await set("disabled");
      for (const verb of [activate, resume]) {
        expect((await refused(verb(of(there), metering(), { appId: "adv-001" }))).code).toBe("app_not_active");
      }
    } finally {
      await set("available");
    }
  });

  it("changes nothing where the edge cannot be told, and says so", async () => {
    const away = { redis: createRedis({ url: "http://127.0.0.1:1", token: "x", budgetMs: 300 }), budgetMs: 300 };
    expect((await refused(activate(ctx, away, { appId: "rec-001" }))).code).toBe("metering_unavailable");
    expect(await row("rec-001")).toBeUndefined();
    await activate(ctx, metering(), { appId: "rec-001" });
    expect((await refused(deactivate(ctx, away, { appId: "rec-001" }))).code).toBe("metering_unavailable");
    expect((await row("rec-001"))?.status).toBe("active");
    expect(await consume()).toBe(200);
    expect(await audited()).toEqual(["app.activated rec-001"]);
  });

  it("touches nothing of another brand", async () => {
    const other = await testBrand({ tokens: 10, apps: ["rec-001"] });
    const before = await row("rec-001", other.customerId);
    await activate(ctx, metering(), { appId: "rec-001", configuration: { heading: "Mine" } });
    await deactivate(ctx, metering(), { appId: "rec-001" });
    expect(await row("rec-001", other.customerId)).toEqual(before);
    expect((await consumeWith(other.secretKey.secret, { body: { app_id: "rec-001" } })).status).toBe(200);
  });
});

describe("the plan", () => {
  it("opens its own tier and those below, and names the one that is needed", async () => {
    await plan("starter");
    expect((await activate(ctx, metering(), { appId: "pdc-001" })).first).toBe(true);
    expect((await refused(activate(ctx, metering(), { appId: "vto-001" }))).code).toBe("plan_upgrade_required");
    expect(await row("vto-001")).toBeUndefined();
    expect(await consume("vto-001")).toBe(403);
    await plan("professional");
    expect((await activate(ctx, metering(), { appId: "vto-001" })).first).toBe(true);
  });

  it("is asked again when a paused app shall go on, not when a running one is configured", async () => {
    await activate(ctx, metering(), { appId: "vto-001" });
    await plan("starter");
    await activate(ctx, metering(), { appId: "vto-001", configuration: { live_camera: false } });
    await pause(ctx, metering(), { appId: "vto-001" });
    expect((await refused(resume(ctx, metering(), { appId: "vto-001" }))).code).toBe("plan_upgrade_required");
  });

  it("opens nothing new once it has ended, and everything while it is merely late", async () => {
    const seen = () => appPage(ctx, { slug: "pd-calculator" });
    expect(await seen()).toMatchObject({ covered: true, planInForce: true });
    await plan("enterprise", "canceled");
    expect(await seen()).toMatchObject({ covered: false, plan: "Enterprise", planInForce: false });
    expect((await refused(activate(ctx, metering(), { appId: "pdc-001" }))).code).toBe("plan_upgrade_required");
    await plan("enterprise", "past_due");
    expect((await activate(ctx, metering(), { appId: "adv-001" })).first).toBe(true);
  });
});

describe("a configuration", () => {
  const refusedFields = async (configuration: unknown) =>
    (await refused(activate(ctx, metering(), { appId: "pdc-001", configuration }))).fields
      ?.map(({ path }) => path)
      .toSorted();

  it("that does not fit is refused whole, every wrong field named, and nothing is turned on", async () => {
    expect(await refusedFields({ methods: ["xray"], result: { show_range: 1 }, more: true })).toEqual([
      "methods.0",
      "more",
      "result.show_range",
    ]);
    expect(await refusedFields({ privacy_url: "javascript:alert(1)" })).toEqual(["privacy_url"]);
    expect(await refusedFields({ advice: "<script>alert(1)</script>" })).toEqual(["advice"]);
    expect(await refusedFields(JSON.parse('{"__proto__":{}}'))).toEqual(["__proto__"]);
    expect(await refusedFields("x")).toEqual([""]);
    expect(await row("pdc-001")).toBeUndefined();
    expect(await audited()).toEqual([]);
  });

  it("comes back when the app does", async () => {
    await activate(ctx, metering(), { appId: "pdc-001", configuration: { near_pd: true } });
    await deactivate(ctx, metering(), { appId: "pdc-001" });
    await activate(ctx, metering(), { appId: "pdc-001" });
    expect((await row("pdc-001"))?.configuration).toMatchObject({
      near_pd: true,
      methods: ["camera", "photo", "bank_card"],
    });
    expect((await row("pdc-001"))?.version).toBe(1);
  });

  it("is drafted without being in force, then published as the next version", async () => {
    await activate(ctx, metering(), { appId: "pdc-001" });
    const start = await configurationOf(ctx, { appId: "pdc-001" });
    const saved = await saveDraft(ctx, { appId: "pdc-001", revision: start.revision, configuration: { near_pd: "?" } });
    const drafted = await configurationOf(ctx, { appId: "pdc-001" });
    expect(drafted.published).toEqual(start.published);
    expect(drafted.draft?.configuration).toMatchObject({ near_pd: "?", methods: ["camera", "photo", "bank_card"] });
    const wrong = publish(ctx, { appId: "pdc-001", revision: saved.revision, configuration: { near_pd: "?" } });
    expect((await refused(wrong)).code).toBe("invalid_configuration");
    const done = await publish(ctx, { appId: "pdc-001", revision: saved.revision, configuration: { near_pd: true } });
    expect(done.version).toBe(2);
    expect(await configurationOf(ctx, { appId: "pdc-001" })).toMatchObject({
      draft: null,
      published: { near_pd: true },
    });
    expect(await audited()).toEqual(["app.activated pdc-001", "app.configured pdc-001"]);
  });

  it("edited by two at once: the second is told, and nothing of the first is lost", async () => {
    await activate(ctx, metering(), { appId: "pdc-001" });
    const { revision } = await configurationOf(ctx, { appId: "pdc-001" });
    const write = (near_pd: boolean, advice: string) =>
      publish(ctx, { appId: "pdc-001", revision, configuration: { near_pd, advice } });
    const results = await Promise.allSettled([write(true, "First"), write(false, "Second")]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = results.find((result) => result.status === "rejected");
    expect(lost?.reason).toMatchObject({ code: "configuration_changed" });
    for (const verb of [saveDraft, publish]) {
      expect((await refused(verb(ctx, { appId: "pdc-001", revision, configuration: {} }))).code).toBe(
        "configuration_changed",
      );
    }
    expect((await refused(discardDraft(ctx, { appId: "pdc-001", revision }))).code).toBe("configuration_changed");
  });

  it("published by the API leaves a person's draft alone", async () => {
    await activate(ctx, metering(), { appId: "pdc-001" });
    await saveDraft(ctx, { appId: "pdc-001", revision: 1, configuration: { near_pd: true } });
    await publish(ctx, { appId: "pdc-001", configuration: { advice: "By the API" } });
    expect(await configurationOf(ctx, { appId: "pdc-001" })).toMatchObject({
      version: 2,
      published: { advice: "By the API" },
      draft: { configuration: { near_pd: true } },
    });
  });

  it("is brought back as a new version that says where it came from, and only the brand's own", async () => {
    await activate(ctx, metering(), { appId: "pdc-001", configuration: { advice: "One" } });
    await publish(ctx, { appId: "pdc-001", configuration: { advice: "Two" } });
    const { revision } = await configurationOf(ctx, { appId: "pdc-001" });
    await restore(ctx, { appId: "pdc-001", revision, version: 1 });
    expect(await versionsOf(ctx, { appId: "pdc-001" })).toMatchObject([
      { version: 3, restoredFrom: 1, configuration: { advice: "One" } },
      { version: 2, restoredFrom: null },
      { version: 1, restoredFrom: null },
    ]);
    const other = await testBrand({ tokens: 0, apps: ["pdc-001"] });
    expect((await refused(restore(of(other), { appId: "pdc-001", revision: 1, version: 3 }))).code).toBe("not_found");
    expect(await versionsOf(of(other), { appId: "pdc-001" })).toHaveLength(1);
  });

  it("names what its app's makers have changed under it, and publishes without it", async () => {
    await activate(ctx, metering(), { appId: "pdc-001" });
    const mine = eq(customerApps.id, (await row("pdc-001"))?.id ?? "");
    await db()
      .update(customerApps)
      .set({ configuration: { retired_field: 1, near_pd: "yes" } })
      .where(mine);
    const state = await configurationOf(ctx, { appId: "pdc-001" });
    expect(state.outdated).toMatchObject({ dropped: ["retired_field"], reset: ["near_pd"] });
    expect(state.outdated?.added).toContain("methods");
    await publish(ctx, { appId: "pdc-001", revision: state.revision, configuration: state.published });
    expect((await configurationOf(ctx, { appId: "pdc-001" })).outdated).toBeNull();
  });

  it("of an app that is turned off cannot be changed", async () => {
    await activate(ctx, metering(), { appId: "pdc-001" });
    await deactivate(ctx, metering(), { appId: "pdc-001" });
    expect((await refused(publish(ctx, { appId: "pdc-001", configuration: {} }))).code).toBe("app_not_active");
    const versions = await db()
      .select()
      .from(configurationVersions)
      .where(eq(configurationVersions.customerId, brand.customerId));
    expect(versions).toHaveLength(1);
  });
});

it("embed code carries the brand's own public key, which covers the app", async () => {
  await activate(ctx, metering(), { appId: "pdc-001" });
  const { code, publicKey } = await embedOf(ctx, { appId: "pdc-001" });
  expect(publicKey).toBe(brand.publicKey.secret);
  expect(code).toMatch(/^<script async src="https?:\/\/[^"]+\/v1\/embed\.js" data-key="ca_pk_live_/);
  expect(code.split("\n")[1]).toBe('<varai-app app="pd-calculator"></varai-app>');
});
