import { type AnyTRPCProcedure, callTRPCProcedure } from "@trpc/server";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actingAs } from "@/auth/gate";
import { hashPassword } from "@/auth/passwords";
import { loadSession, openSession } from "@/auth/store";
import { closeDb, db } from "@/db/client";
import type { Ctx, StaffCtx } from "@/db/context";
import { auditHeads } from "@/db/schema/audit";
import { customerApps } from "@/db/schema/catalog";
import { customers } from "@/db/schema/people";
import { seedCatalog } from "@/db/seed/catalog";
import { saveDraft } from "@/features/activations/configuration/service";
import { setStaff } from "@/features/admin/staff/service";
import { proposeTokens } from "@/features/admin/support/service";
import { checkChains } from "@/features/audit/chain/queries";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { permissionsOf } from "@/features/team/rules";
import { addPerson } from "@/features/team/service";
import { mintUserId, uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { makeBrand, type TestBrand } from "@/test/brands";
import type { TrpcContext } from "./context";
import { appRouter } from "./root";

/**
 * Every procedure that changes something leaves a line in the brand's log. The list comes from the router, so a new one is
 * held to it on the day it is written: it gets a step below, or an argument why it needs no line.
 */

const PASSWORD = "the one they all have";
const APP = "sty-001";
const REASON = "Asked about a missing pack";
const OVERAGE = { mode: "stop", topUp: null, lowBalanceTokens: 5, alertDailyTokens: null, alertMonthlyTokens: null };

/** What changes nothing that anybody would ask after. */
const UNLOGGED: Readonly<Record<string, string>> = {
  "session.stay": "says that somebody is there; the session's beginning and end are in the log",
  "onboarding.hide": "what one person wants to see on their own page",
  "onboarding.tourSeen": "what one person has been shown",
  "activations.saveDraft":
    "what somebody is typing; what is published is in the log, with its draft thrown away or not",
  "products.fetchImage": "has a picture fetched once more; the product stays what it is",
  "notifications.markRead": "what one person has read",
  "notifications.setPreference": "what one person wants to be told of",
  "admin.findKey": "a look-up, sent as a change so that no key stands in an address",
  "alerts.test": "sends the caller an example, and changes nothing",
  "notifications.testChatHook": "sends the brand's own room an example, and changes nothing",
};

/** What needs more than a brand of its own to be done; where its line is looked at. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "billing.changePlan": "subscription.changed, by Stripe's event: src/features/billing/flows.redis.test.ts",
  "billing.cancel": "subscription.changed, by Stripe's event: src/features/billing/flows.redis.test.ts",
  "billing.resume": "subscription.changed, by Stripe's event: src/features/billing/flows.redis.test.ts",
  "billing.checkout": "purchase.completed, by Stripe's event: src/features/billing/flows.redis.test.ts",
  "billing.portal": "opens Stripe's own pages, which tell us by events: src/features/billing/flows.redis.test.ts",
  "products.save": "product.*: src/features/products",
  "products.remove": "product.*: src/features/products",
  "products.restore": "product.*: src/features/products",
  "products.startImport": "needs a file that was sent: src/features/products",
  "products.stopImport": "needs an import under way: src/features/products",
  "insights.sendReport": "report.made, needs tokens: src/features/usage/insights",
  "notifications.retry": "needs a mail that failed: src/features/notifications",
  "webhooks.test": "webhook.tested, needs a receiver: src/features/notifications/webhook-delivery",
  "webhooks.replay": "needs a delivery: src/features/notifications/webhook-delivery",
  "webhooks.replayFailed": "needs deliveries that failed: src/features/notifications/webhook-delivery",
  // What all brands see, changed and put back by tests of their own, which look at the line too.
  "admin.saveAppDraft": "catalogue.draft_saved: src/features/admin/catalogue/catalogue.redis.test.ts",
  "admin.discardAppDraft": "catalogue.draft_discarded: src/features/admin/catalogue/catalogue.redis.test.ts",
  "admin.publishApp": "catalogue.published: src/features/admin/catalogue/catalogue.redis.test.ts",
  "admin.restoreApp": "catalogue.restored: src/features/admin/catalogue/catalogue.redis.test.ts",
  "admin.editPlan": "catalogue.plan_changed: src/features/admin/plans/plans.db.test.ts",
  "admin.setPack": "catalogue.pack_changed: src/features/admin/plans/plans.db.test.ts",
  "admin.setFlag": "flag.set: src/features/admin/flags/flags.redis.test.ts",
  "admin.dismissSign": "support.sign_dismissed: src/features/admin/review/review.redis.test.ts",
  "admin.recallSign": "support.sign_recalled: src/features/admin/review/review.redis.test.ts",
  "admin.resetQuota": "support.quota_reset: src/features/admin/quota/quota.redis.test.ts",
  "admin.replayLetter": "letter.replayed, needs a dead letter: src/features/metering/letters",
  "admin.discardLetter": "letter.discarded, needs a dead letter: src/features/metering/letters",
};

type Outputs = Record<string, Record<string, unknown>>;
interface Step {
  readonly path: string;
  readonly input?: unknown;
}
const idOf = (path: string) => (before: Outputs) => ({ id: before[path]?.id });

let brand: TestBrand;
let other: string;
let colleague: string;

/** Each change once, in an order in which all of them can be made. */
const STEPS: readonly Step[] = [
  { path: "profile.rename", input: { name: "Ada" } },
  { path: "profile.verifyEmail" },
  { path: "profile.changePassword", input: { present: PASSWORD, password: `${PASSWORD} now` } },
  {
    path: "profile.changeEmail",
    input: () => ({ email: `new-${uuidv7()}@brand.example`, password: `${PASSWORD} now` }),
  },
  { path: "team.changeBrand", input: { name: "Brand", timeZone: "Europe/Berlin" } },
  { path: "team.invite", input: () => ({ email: `invited-${uuidv7()}@else.example`, role: "viewer" }) },
  { path: "team.resendInvitation", input: idOf("team.invite") },
  { path: "team.revokeInvitation", input: idOf("team.invite") },
  { path: "team.changeRole", input: () => ({ userId: colleague, role: "viewer" }) },
  { path: "team.remove", input: () => ({ userId: colleague }) },
  { path: "keys.create", input: { name: "x", kind: "sk", mode: "live", scopes: ["apps:read"] } },
  {
    path: "keys.change",
    input: (before: Outputs) => ({
      ...{ keyId: keyIn(before, "keys.create"), name: "y", origins: [], appPermissions: null },
      ...{ scopes: ["apps:read"], rateLimit: 10 },
    }),
  },
  {
    path: "keys.rotate",
    input: (before: Outputs) => ({ keyId: keyIn(before, "keys.create"), grace: "1h", expiresAt: null }),
  },
  { path: "keys.revoke", input: (before: Outputs) => ({ keyId: keyIn(before, "keys.rotate") }) },
  { path: "metering.setCap", input: { mode: "live", scope: "*", daily: 5, monthly: null } },
  { path: "activations.activate", input: { appId: APP } },
  {
    path: "activations.publish",
    input: async () => ({ appId: APP, revision: await revision(), configuration: { results: 4 } }),
  },
  {
    path: "activations.discardDraft",
    input: async () => {
      const draft = { appId: APP, revision: await revision(), configuration: { results: 5 } };
      await saveDraft(scopeOfBrand(), draft);
      return { appId: APP, revision: await revision() };
    },
  },
  { path: "activations.restore", input: async () => ({ appId: APP, revision: await revision(), version: 1 }) },
  { path: "activations.pause", input: { appId: APP } },
  { path: "activations.resume", input: { appId: APP } },
  { path: "activations.deactivate", input: { appId: APP } },
  { path: "billing.buyPack", input: () => ({ packId: "pack-1k", attempt: uuidv7() }) },
  { path: "billing.setOverage", input: OVERAGE },
  {
    path: "billing.setDetails",
    input: {
      ...{ name: "Brand", email: "", vatId: null },
      address: { line1: "Weg 1", city: "Kiel", postalCode: "24103", country: "DE" },
    },
  },
  { path: "alerts.addRule", input: { kind: "low_balance", threshold: 77 } },
  { path: "alerts.setRule", input: async () => ({ id: await ruleOf(), enabled: false }) },
  { path: "alerts.removeRule", input: async () => ({ id: await ruleOf() }) },
  { path: "insights.subscribe", input: { on: true } },
  { path: "alerts.setSettings", input: { quiet: null, digestHour: 8 } },
  { path: "notifications.addChatHook", input: { name: "Room", url: "https://hooks.example.com/services/T0/B0/x" } },
  { path: "notifications.removeChatHook", input: async () => ({ id: await roomOf() }) },
  { path: "webhooks.create", input: { url: "https://hooks.example.com/" } },
  { path: "webhooks.update", input: (b: Outputs) => ({ id: endpointIn(b), url: "https://hooks.example.com/other" }) },
  { path: "webhooks.setEnabled", input: (b: Outputs) => ({ id: endpointIn(b), enabled: false }) },
  { path: "webhooks.rotateSecret", input: (b: Outputs) => ({ id: endpointIn(b) }) },
  { path: "webhooks.remove", input: (b: Outputs) => ({ id: endpointIn(b) }) },
  // What the platform's own people do; one of them is of this brand here, so that both logs are one.
  { path: "admin.openSupport", input: () => ({ customerId: brand.customerId, reason: REASON }) },
  {
    path: "admin.revokeKey",
    input: async () => ({ customerId: brand.customerId, keyId: await leaked(), reason: REASON }),
  },
  { path: "admin.correctTokens", input: async () => correction() },
  { path: "admin.putUpBanner", input: () => ({ text: "We are away at night", kind: "info", ...tomorrow() }) },
  { path: "admin.takeDownBanner", input: idOf("admin.putUpBanner") },
  { path: "profile.endSessions", input: { id: null } },
  { path: "session.switchBrand", input: () => ({ slug: other }) },
];

const keyIn = (before: Outputs, path: string): unknown => (before[path]?.key as { keyId?: string } | undefined)?.keyId;
function endpointIn(before: Outputs): unknown {
  const made = before["webhooks.create"];
  return made?.id ?? (made?.endpoint as { id?: string } | undefined)?.id;
}
const scopeOfBrand = (): Ctx => ({ db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } });
async function revision(): Promise<number> {
  const [row] = await db().select().from(customerApps).where(eq(customerApps.customerId, brand.customerId));
  return row?.revision ?? 0;
}
async function ruleOf(): Promise<string> {
  const { alertsOf } = await import("@/features/usage/alerts/queries");
  return (
    (await alertsOf(scopeOfBrand(), permissionsOf("admin"))).rules.find(({ threshold }) => threshold === 77)?.id ?? ""
  );
}
async function roomOf(): Promise<string> {
  const { listChatHooks } = await import("@/features/notifications/chat/queries");
  return (await listChatHooks(scopeOfBrand()))[0]?.id ?? "";
}

async function leaked(): Promise<string> {
  const wanted = createKeyInput.parse({ name: "Leaked", kind: "sk", mode: "live", scopes: ["apps:read"] });
  return (await createKey(scopeOfBrand(), wanted)).key.keyId;
}
async function correction() {
  const input = { customerId: brand.customerId, tokens: 5, reason: REASON };
  const staff: StaffCtx = { ...scopeOfBrand(), staffId: mintUserId(brand.people.admin.userId) };
  return { ...input, confirmation: (await proposeTokens(staff, input)).confirmation };
}
const tomorrow = () => {
  const [startsAt, endsAt] = [24, 25].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
  return { startsAt, endsAt };
};

const byPath = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;
const mutations = Object.entries(byPath)
  .filter(([, { _def }]) => _def.type === "mutation")
  .map(([path]) => path);

beforeAll(async () => {
  await seedCatalog(db());
  const passwordHash = await hashPassword(PASSWORD);
  brand = await makeBrand(db(), passwordHash);
  const second = await makeBrand(db());
  const theirs: Ctx = { db: db(), customerId: second.customerId, actor: { type: "system", id: "test" } };
  const admin = { email: brand.people.admin.email, name: "x", passwordHash: null, role: "viewer" } as const;
  await addPerson(theirs, admin);
  await setStaff(db(), { type: "system", id: "test" }, { email: admin.email, staff: true });
  const [row] = await db().select().from(customers).where(eq(customers.id, second.customerId));
  other = row?.slug ?? "";
  colleague = brand.people.manager.userId;
});
afterAll(closeDb);

it("each change has a step here, or an argument", () => {
  const told = [...STEPS.map(({ path }) => path), ...Object.keys(UNLOGGED), ...Object.keys(ELSEWHERE)];
  expect(mutations.filter((path) => !told.includes(path))).toEqual([]);
  expect(told.filter((path) => !mutations.includes(path))).toEqual([]);
});

describe("a line in the log is left by", () => {
  const outputs: Outputs = {};
  let sessionId = "";

  it.each(STEPS.map(({ path, input }) => ({ path, input })))("$path", async ({ path, input }) => {
    const { userId } = brand.people.admin;
    sessionId ||= (await openSession(db(), userId, null)) ?? "";
    if (path === "profile.endSessions") await openSession(db(), userId, null);
    const session = await loadSession(db(), { sessionId, userId });
    if (!session) throw new Error("no session");
    const ctx: TrpcContext = {
      session: async () => ({ state: "in", session }),
      actAs: (found) => actingAs(db(), found),
      metering,
    };
    const before = await lines();
    const given: unknown = typeof input === "function" ? await input(outputs) : input;
    const answer: unknown = await callTRPCProcedure({
      ...{ router: appRouter, path, type: "mutation", ctx, input: given, signal: undefined, batchIndex: 0 },
      getRawInput: async () => given,
    });
    outputs[path] = (answer ?? {}) as Record<string, unknown>;
    expect(await lines(), path).toBeGreaterThan(before);
  });

  it("and the chain holds through all of them", async () => {
    expect(await checkChains(db(), { customerId: brand.customerId })).toMatchObject([{ faults: [] }]);
  });
});

async function lines(): Promise<number> {
  const [head] = await db().select().from(auditHeads).where(eq(auditHeads.customerId, brand.customerId));
  return head?.seq ?? 0;
}
