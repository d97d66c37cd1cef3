import { type AnyTRPCProcedure, callTRPCProcedure, TRPCError } from "@trpc/server";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actingAs } from "@/auth/gate";
import { hashPassword } from "@/auth/passwords";
import type { Session, SessionState } from "@/auth/session-state";
import { loadSession, openSession } from "@/auth/store";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { outgoingMails } from "@/db/schema/mail";
import { productImports } from "@/db/schema/products";
import { seedCatalog } from "@/db/seed/catalog";
import { activate } from "@/features/activations/service";
import { buyPack } from "@/features/billing/packs/service";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { ring } from "@/features/notifications/chat/queries";
import { addChatHook } from "@/features/notifications/chat/service";
import { sendTest } from "@/features/notifications/webhook-delivery/service";
import { createEndpoint } from "@/features/notifications/webhooks/service";
import { newProduct } from "@/features/products/contract";
import { openImport } from "@/features/products/imports/service";
import { saveProduct } from "@/features/products/service";
import { invite } from "@/features/team/invitations/service";
import { PERMISSIONS, type Permission, permissionsOf, ROLES, type Role } from "@/features/team/rules";
import { addPerson } from "@/features/team/service";
import { alertsOf } from "@/features/usage/alerts/queries";
import { addRule } from "@/features/usage/alerts/service";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { makeBrand, type TestBrand } from "@/test/brands";
import type { TrpcContext } from "./context";
import { PublicError } from "./errors";
import { createCallerFactory, type ProcedureMeta } from "./procedures";
import { appRouter } from "./root";

/**
 * Every procedure there is, against every kind of caller who must be refused. The list comes from the router, so a new
 * procedure is held to the same on the day it is written; what it needs to be called is added below.
 */

/** Open to everybody. */
const PUBLIC: readonly string[] = [];
/** Open to whoever is signed in: it shows them only themselves. */
const ANY_MEMBER: readonly string[] = [
  ...["session.me", "session.brands", "session.switchBrand", "session.stay"],
  ...["profile.get", "profile.rename", "profile.changePassword", "profile.changeEmail", "profile.verifyEmail"],
  ...["profile.sessions", "profile.endSessions", "admin.bannersNow"],
  ...["notifications.list", "notifications.unread", "notifications.markRead"],
  ...["notifications.preferences", "notifications.setPreference"],
];

/** An id that nothing has. */
const NOWHERE = "0197a3c0-0000-7000-8000-00000000dead";

const OVERAGE = {
  mode: "stop",
  topUp: null,
  lowBalanceTokens: 5,
  alertDailyTokens: null,
  alertMonthlyTokens: null,
} as const;

/** What a key that a server uses may be set to. */
const SERVER_KEY = {
  ...{ name: "y", origins: [], appPermissions: null, scopes: ["apps:read"], rateLimit: 10 },
};

const PASSWORD = "the one they all have";
const NOBODY = "0197a3c0-0000-7000-8000-000000000001";
const NO_ONES = { id: "0197a3c0-0000-7000-8000-000000000002" };
const NOBODYS = "0197a3c0-0000-7000-8000-00000000000f";
/** A file that the brand has sent. */
const OWN_FILE = "0197a3c0-0000-7000-8000-0000000000f0";

/** What a procedure that takes an input is called with. */
const INPUTS: Readonly<Record<string, unknown>> = {
  "session.switchBrand": { slug: "nowhere" },
  "profile.rename": { name: "Ada" },
  "profile.changePassword": { present: PASSWORD, password: PASSWORD },
  "profile.changeEmail": { email: "new@brand.example", password: PASSWORD },
  "profile.endSessions": { id: null },
  "audit.list": {},
  "audit.csv": {},
  "team.invite": { email: "somebody@else.example", role: "viewer" },
  "team.resendInvitation": { id: NOBODY },
  "team.revokeInvitation": { id: NOBODY },
  "team.changeRole": { userId: NOBODY, role: "viewer" },
  "team.remove": { userId: NOBODY },
  "team.changeBrand": { name: "Brand", timeZone: "Europe/Berlin" },
  "keys.create": { name: "x", kind: "sk", mode: "live", scopes: ["apps:read"] },
  "keys.change": { keyId: "ak_live_nothing", ...SERVER_KEY },
  "keys.revoke": { keyId: "ak_live_nothing" },
  "keys.rotate": { keyId: "ak_live_nothing", grace: "1h", expiresAt: null },
  "catalog.app": { slug: "pd-calculator" },
  "activations.view": { appId: "pdc-001" },
  "activations.activate": { appId: "fsa-001" },
  "activations.pause": { appId: "rec-001" },
  "activations.resume": { appId: "rec-001" },
  "activations.deactivate": { appId: "frf-001" },
  "activations.embed": { appId: "pdc-001" },
  "activations.installation": { appId: "pdc-001" },
  "activations.history": { appId: "pdc-001" },
  "activations.configuration": { appId: "pdc-001" },
  "activations.versions": { appId: "pdc-001" },
  "activations.saveDraft": { appId: "sty-001", revision: 1, configuration: { results: 4 } },
  "activations.discardDraft": { appId: "fit-001", revision: 1 },
  "activations.publish": { appId: "clt-001", revision: 1, configuration: { compare: false } },
  "activations.restore": { appId: "cai-001", revision: 1, version: 1 },
  "billing.previewChange": { planId: "professional" },
  "billing.changePlan": { planId: "professional" },
  "billing.checkout": { packId: "pack-1k" },
  "billing.checkoutState": { session: "cs_nothing" },
  "billing.portal": {},
  "billing.buyPack": { packId: "pack-1k", attempt: "0197a3c0-0000-7000-8000-000000000001" },
  "billing.purchases": {},
  "billing.invoices": {},
  "billing.statement": {},
  "billing.statementCsv": {},
  "billing.setDetails": {
    name: "Brand",
    email: "",
    address: { line1: "Weg 1", city: "Kiel", postalCode: "24103", country: "DE" },
    vatId: null,
  },
  "billing.previewOverage": OVERAGE,
  "billing.setOverage": OVERAGE,
  "metering.latestEntries": { limit: 5 },
  "metering.caps": { mode: "live" },
  "metering.setCap": { mode: "live", scope: "*", daily: 5, monthly: null },
  "alerts.history": {},
  "alerts.addRule": { kind: "low_balance", threshold: 77 },
  "alerts.setRule": { id: NOWHERE, enabled: false },
  "alerts.removeRule": { id: NOWHERE },
  "alerts.setSettings": { quiet: null, digestHour: 8 },
  "alerts.test": { id: NOWHERE },
  "notifications.list": {},
  "notifications.markRead": {},
  "notifications.setPreference": { kind: "forecast", channel: "email", mode: "digest" },
  "notifications.addChatHook": { name: "Room", url: "https://hooks.example.com/services/T0/B0/x" },
  "notifications.removeChatHook": { id: NOWHERE },
  "notifications.testChatHook": { id: NOWHERE },
  "notifications.retry": { source: "email", id: NOWHERE },
  "products.list": {},
  "products.finderPreview": { configuration: {}, query: "q=round" },
  "products.save": { product: { sku: "A-1", name: "Halden" } },
  "products.remove": { ids: [NOBODYS] },
  "products.restore": { ids: [NOBODYS] },
  "products.fetchImage": { id: NOBODYS },
  "products.importReport": { importId: OWN_FILE },
  "products.rejectionsFile": { importId: OWN_FILE },
  "products.previewImport": { importId: OWN_FILE, mapping: { sku: 0 }, currency: "EUR" },
  "products.startImport": { importId: OWN_FILE, mapping: { sku: 0 }, currency: "EUR" },
  "products.stopImport": { importId: OWN_FILE },
  "usage.dashboard": { from: "2026-03-01", to: "2026-03-31" },
  "usage.entries": { date: "2026-03-01" },
  "insights.figures": { from: "2026-03-01", to: "2026-03-31" },
  "insights.sendReport": { from: "2026-03-01", to: "2026-03-31" },
  "insights.subscribe": { on: true },
  "webhooks.create": { url: "https://hooks.example.com/" },
  ...Object.fromEntries(
    ["endpoint", "delivery", "remove", "rotateSecret", "test", "replay", "replayFailed"].map((verb) => [
      `webhooks.${verb}`,
      NO_ONES,
    ]),
  ),
  "webhooks.deliveries": { endpointId: NO_ONES.id },
  "webhooks.update": { ...NO_ONES, url: "https://hooks.example.com/" },
  "webhooks.setEnabled": { ...NO_ONES, enabled: false },
};

/** What another brand has. */
interface Theirs {
  readonly keyId: string;
  readonly slug: string;
  readonly purchase: string;
  readonly endpoint: string;
  readonly delivery: string;
  readonly invitation: string;
  readonly person: string;
  readonly session: string;
  readonly rule: string;
  readonly room: string;
  readonly mail: string;
  readonly product: string;
  readonly file: string;
}
const theirEndpoint = ({ endpoint }: Theirs) => ({ id: endpoint });
const theirDelivery = ({ delivery }: Theirs) => ({ id: delivery });
const ofFile = ({ file }: Theirs) => ({ importId: file });
const ofPlan = ({ file }: Theirs) => ({ importId: file, mapping: { sku: 0, name: 1 }, currency: "EUR" });
/** For a procedure that names an object: how to name another brand's. It must answer "not found". */
const FOREIGN: Readonly<Record<string, (foreign: Theirs) => unknown>> = {
  "profile.endSessions": ({ session }) => ({ id: session }),
  "team.resendInvitation": ({ invitation }) => ({ id: invitation }),
  "team.revokeInvitation": ({ invitation }) => ({ id: invitation }),
  "team.changeRole": ({ person }) => ({ userId: person, role: "viewer" }),
  "team.remove": ({ person }) => ({ userId: person }),
  "webhooks.endpoint": theirEndpoint,
  "webhooks.deliveries": ({ endpoint }) => ({ endpointId: endpoint }),
  "webhooks.delivery": theirDelivery,
  "webhooks.update": ({ endpoint }) => ({ id: endpoint, url: "https://hooks.example.com/" }),
  "webhooks.setEnabled": ({ endpoint }) => ({ id: endpoint, enabled: false }),
  "webhooks.remove": theirEndpoint,
  "webhooks.rotateSecret": theirEndpoint,
  "webhooks.test": theirEndpoint,
  "webhooks.replay": theirDelivery,
  "webhooks.replayFailed": theirEndpoint,
  "alerts.setRule": ({ rule }) => ({ id: rule, enabled: false }),
  "alerts.removeRule": ({ rule }) => ({ id: rule }),
  "alerts.test": ({ rule }) => ({ id: rule }),
  "notifications.removeChatHook": ({ room }) => ({ id: room }),
  "notifications.testChatHook": ({ room }) => ({ id: room }),
  "notifications.retry": ({ mail }) => ({ source: "email", id: mail }),
  "products.remove": ({ product }) => ({ ids: [product] }),
  "products.restore": ({ product }) => ({ ids: [product] }),
  "products.fetchImage": ({ product }) => ({ id: product }),
  "products.importReport": ofFile,
  "products.rejectionsFile": ofFile,
  "products.previewImport": ofPlan,
  "products.startImport": ofPlan,
  "products.stopImport": ofFile,
  "billing.buyPack": ({ purchase }) => ({ packId: "pack-1k", attempt: purchase }),
  "session.switchBrand": ({ slug }) => ({ slug }),
  "keys.change": ({ keyId }) => ({ keyId, ...SERVER_KEY }),
  "keys.revoke": ({ keyId }) => ({ keyId }),
  "keys.rotate": ({ keyId }) => ({ keyId, grace: "1h", expiresAt: null }),
};
/** Procedures that name no object: they can only ever see the caller's own brand, which is checked on their answer. */
const NAMES_NOTHING: readonly string[] = [
  "billing.overview",
  "billing.plans",
  "billing.previewChange",
  "billing.checkout",
  // Another brand's checkout is as unknown as none.
  "billing.checkoutState",
  "billing.portal",
  "billing.purchases",
  "billing.invoices",
  "billing.statement",
  "billing.statementCsv",
  "billing.details",
  "billing.setDetails",
  "billing.overage",
  "billing.previewOverage",
  "billing.setOverage",
  "billing.reconciliation",
  "session.me",
  "session.brands",
  "session.stay",
  "profile.get",
  "profile.rename",
  "profile.verifyEmail",
  "profile.changeEmail",
  "profile.changePassword",
  "profile.sessions",
  "audit.list",
  "audit.csv",
  "onboarding.get",
  "onboarding.hide",
  "onboarding.tourSeen",
  "team.list",
  "team.invite",
  "team.changeBrand",
  "webhooks.list",
  "webhooks.create",
  "keys.list",
  "keys.usage",
  "keys.create",
  "billing.standing",
  "metering.balance",
  "metering.watch",
  "metering.latestEntries",
  "metering.caps",
  "metering.setCap",
  "alerts.overview",
  "alerts.history",
  "alerts.addRule",
  "alerts.setSettings",
  // Their own, and of this brand alone.
  "notifications.list",
  "notifications.unread",
  "notifications.markRead",
  "notifications.preferences",
  "notifications.setPreference",
  "notifications.chatHooks",
  "notifications.addChatHook",
  "notifications.failures",
  // A product of a SKU that another brand has too is the caller's own; src/features/products/products.db.test.ts names ids.
  "products.save",
  "products.list",
  "products.finderPreview",
  "products.file",
  "products.imports",
  "usage.dashboard",
  "usage.forecast",
  "usage.entries",
  "insights.figures",
  "insights.reports",
  "insights.subscribe",
  // What is told to everybody.
  "admin.bannersNow",
  "catalog.list",
  // These name an app of the catalogue, which is everybody's; what they find of it is the caller's own.
  "catalog.app",
  "activations.view",
  "activations.activate",
  "activations.pause",
  "activations.resume",
  "activations.deactivate",
  "activations.embed",
  "activations.installation",
  "activations.history",
  "activations.configuration",
  "activations.versions",
  "activations.saveDraft",
  "activations.discardDraft",
  "activations.publish",
  "activations.restore",
];
/** Procedures that change the caller's own subscription; these brands have none, and each must say so. */
const NEED_SUBSCRIPTION: readonly string[] = ["billing.changePlan", "billing.cancel", "billing.resume"];
/** Procedures that spend tokens of the caller's own account; these brands have none, and each must say so. */
const NEED_TOKENS: readonly string[] = ["insights.sendReport"];
/** Turned on for both brands before anything is asked, the foreign brand's with a mark of its own. */
const TURNED_ON = ["pdc-001", "rec-001", "frf-001", "sty-001", "fit-001", "clt-001", "cai-001", "adv-001"];

interface Listed {
  readonly path: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly permission: Permission | undefined;
  readonly staff: boolean;
}
// By path at run time, whatever the nested type says.
const byPath = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;
const procedures: Listed[] = Object.entries(byPath).map(([path, { _def, meta }]) => ({
  path,
  type: _def.type,
  permission: (meta as ProcedureMeta | undefined)?.permission,
  staff: (meta as ProcedureMeta | undefined)?.staff === true,
}));

let brand: TestBrand;
let foreign: TestBrand;
let foreignKey: Theirs & { publicKey: string };
/** What the caller's own brand has of what a query may name. */
let own: Pick<Theirs, "endpoint" | "delivery" | "file">;

beforeAll(async () => {
  await seedCatalog(db());
  const passwordHash = await hashPassword(PASSWORD);
  [brand, foreign] = await Promise.all([makeBrand(db(), passwordHash), makeBrand(db(), passwordHash)]);
  for (const { customerId } of [brand, foreign]) {
    const ctx: Ctx = { db: db(), customerId, actor: { type: "system", id: "test" } };
    for (const appId of TURNED_ON) {
      const advice = { advice: `Advice of ${customerId}` };
      await activate(ctx, metering(), { appId, configuration: appId === "pdc-001" ? advice : {} });
    }
  }
  const theirs: Ctx = { db: db(), customerId: foreign.customerId, actor: { type: "system", id: "test" } };
  const origins = ["https://foreign-brand.example"];
  const { key, secret } = await createKey(
    theirs,
    createKeyInput.parse({ name: "Foreign", kind: "pk", mode: "live", origins }),
  );
  const listening = async (ctx: Ctx) => {
    const { endpoint } = await createEndpoint(ctx, { url: "http://127.0.0.1:1/", description: "", events: null });
    return { endpoint: endpoint.id, delivery: (await sendTest(ctx, endpoint)).id };
  };
  own = { ...(await listening({ ...theirs, customerId: brand.customerId })), file: OWN_FILE };
  const purchase = uuidv7();
  await buyPack(theirs, metering(), { packId: "pack-1k", attempt: purchase });
  await addRule(theirs, { kind: "low_balance", threshold: 4_321 });
  const { rules } = await alertsOf(theirs, permissionsOf("admin"));
  const room = await addChatHook(theirs, ring(), { name: "Theirs", url: "https://hooks.example.com/x" });
  const mail = uuidv7();
  await db()
    .insert(outgoingMails)
    .values({
      ...{ id: mail, customerId: foreign.customerId, userId: foreign.people.admin.userId },
      ...{ key: "test", kind: "notifications.notice", facts: {}, status: "failed" },
    });
  const theirProduct = await saveProduct(theirs, {
    product: newProduct.parse({ sku: "A-1", name: foreign.customerId }),
  });
  const theirFile = await openImport(theirs, {
    name: "x.csv",
    bytes: Buffer.from(`sku,name\nB-1,${foreign.customerId}`),
  });
  const ours: Ctx = { ...theirs, customerId: brand.customerId };
  const { id } = await openImport(ours, { name: "x.csv", bytes: Buffer.from("sku,name\nC-1,Own") });
  await db().update(productImports).set({ id: OWN_FILE }).where(eq(productImports.id, id));
  foreignKey = {
    product: theirProduct.id,
    file: theirFile.id,
    keyId: key.keyId,
    publicKey: secret,
    slug: `test-${foreign.customerId}`,
    purchase,
    invitation: (await invite(theirs, { email: "invited@foreign.example", role: "viewer" })).id,
    person: foreign.people.viewer.userId,
    session: (await openSession(db(), foreign.people.viewer.userId, null)) ?? "",
    ...(await listening(theirs)),
    rule: rules[0]?.id ?? "",
    room: room.id,
    mail,
  };
});
afterAll(closeDb);

const as = (state: SessionState): TrpcContext => ({
  session: async () => state,
  actAs: (session) => actingAs(db(), session),
  metering,
});

async function sessionFor(role: Role): Promise<Session> {
  const { userId } = brand.people[role];
  const sessionId = await openSession(db(), userId, null);
  const session = sessionId && (await loadSession(db(), { sessionId, userId }));
  if (!session) throw new Error("no session");
  return session;
}

/** What a procedure answers; of a subscription, the first thing it tells. */
async function call(listed: Listed, ctx: TrpcContext, input: unknown): Promise<unknown> {
  const answer: unknown = await callTRPCProcedure({
    router: appRouter,
    path: listed.path,
    type: listed.type,
    ctx,
    getRawInput: async () => input,
    input,
    signal: undefined,
    batchIndex: 0,
  });
  if (listed.type !== "subscription") return answer;
  for await (const told of answer as AsyncIterable<unknown>) return told;
  throw new Error(`${listed.path} told nothing`);
}

async function refusal(work: Promise<unknown>): Promise<{ code: string; problem: string }> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof PublicError) return { code: error.code, problem: error.problem };
  return { code: error instanceof TRPCError ? error.code : `answered, or threw ${error}`, problem: "" };
}

it("the router has procedures, and each says what it asks of its caller", () => {
  expect(procedures.length).toBeGreaterThan(3);
  for (const { path, permission, staff } of procedures) {
    if (PUBLIC.includes(path) || ANY_MEMBER.includes(path) || staff) continue;
    expect(PERMISSIONS, `${path} carries no permission and is on no list above`).toContain(permission);
  }
});

describe.each(procedures)("$path", (listed) => {
  const input = INPUTS[listed.path];

  it.skipIf(PUBLIC.includes(listed.path))("refuses an anonymous caller, before looking at the input", async () => {
    for (const given of [input, undefined, { nonsense: true }]) {
      expect(await refusal(call(listed, as({ state: "out" }), given))).toEqual({
        code: "UNAUTHORIZED",
        problem: "signed_out",
      });
    }
  });

  it.skipIf(PUBLIC.includes(listed.path))("grants nothing while nobody can tell who is asking", async () => {
    expect(await refusal(call(listed, as({ state: "unavailable" }), input))).toEqual({
      code: "SERVICE_UNAVAILABLE",
      problem: "database_unavailable",
    });
  });

  it.skipIf(!listed.permission)("refuses whoever lacks its permission, role by role", async () => {
    for (const role of ROLES) {
      if (listed.permission && permissionsOf(role).has(listed.permission)) continue;
      const ctx = as({ state: "in", session: await sessionFor(role) });
      for (const given of [input, undefined]) {
        expect(await refusal(call(listed, ctx, given)), role).toEqual({ code: "FORBIDDEN", problem: "forbidden" });
      }
    }
    // Every permission but its own, which no role has today, but one might tomorrow.
    const permissions = new Set(PERMISSIONS.filter((permission) => permission !== listed.permission));
    const session = { ...(await sessionFor("admin")), permissions };
    expect(await refusal(call(listed, as({ state: "in", session }), input))).toMatchObject({ code: "FORBIDDEN" });
  });

  it.skipIf(!listed.staff)("is not there for a brand's people, whatever their role", async () => {
    for (const role of ROLES) {
      const ctx = as({ state: "in", session: await sessionFor(role) });
      for (const given of [input, undefined, { customerId: foreign.customerId }]) {
        expect(await refusal(call(listed, ctx, given)), role).toEqual({ code: "NOT_FOUND", problem: "not_found" });
      }
    }
  });

  it.skipIf(listed.staff)("finds nothing of another brand", async () => {
    const admin = as({ state: "in", session: await sessionFor("admin") });
    const name = FOREIGN[listed.path];
    if (name) {
      expect(await refusal(call(listed, admin, name(foreignKey)))).toEqual({ code: "NOT_FOUND", problem: "not_found" });
      const [untouched] = await db().select().from(apiKeys).where(eq(apiKeys.keyId, foreignKey.keyId));
      expect(untouched).toMatchObject({ revokedAt: null, version: 1, customerId: foreign.customerId });
      return;
    }
    if (NEED_SUBSCRIPTION.includes(listed.path)) {
      expect(await refusal(call(listed, admin, input))).toEqual({ code: "CONFLICT", problem: "subscription_needed" });
      return;
    }
    if (NEED_TOKENS.includes(listed.path)) {
      // By the cap of nothing that these calls have set by then, or by the balance: nothing is spent either way.
      const problem = expect.stringMatching(/^(?:insufficient_tokens|spend_cap_reached)$/);
      const refused = { code: "PAYMENT_REQUIRED", problem };
      expect(await refusal(call(listed, admin, input))).toEqual(refused);
      return;
    }
    expect(NAMES_NOTHING, `say in FOREIGN how ${listed.path} names an object, or list it as naming none`).toContain(
      listed.path,
    );
    const answer = JSON.stringify(await call(listed, admin, input));
    for (const theirs of [foreign.customerId, foreignKey.keyId, foreignKey.publicKey, foreign.people.admin.email]) {
      expect(answer).not.toContain(theirs);
    }
  });

  it("answers nobody with a hash", async () => {
    if (listed.type !== "query" || listed.staff) return;
    const admin = as({ state: "in", session: await sessionFor("admin") });
    const asked = FOREIGN[listed.path]?.({ ...foreignKey, ...own }) ?? input;
    expect(JSON.stringify(await call(listed, admin, asked))).not.toMatch(/hmac|argon2|passwordHash|whsec_/i);
  });
});

it("a person of two brands moves between them, with the role they have in each", async () => {
  const session = await sessionFor("viewer");
  const token = { sessionId: session.sessionId, userId: session.user.id };
  const theirs: Ctx = { db: db(), customerId: foreign.customerId, actor: { type: "system", id: "test" } };
  await addPerson(theirs, { email: session.user.email, name: "x", passwordHash: "x", role: "manager" });
  const caller = createCallerFactory(appRouter)(as({ state: "in", session }));
  expect((await caller.session.brands()).brands).toHaveLength(2);
  await caller.session.switchBrand({ slug: foreignKey.slug });
  expect(await loadSession(db(), token)).toMatchObject({ customer: { id: foreign.customerId }, role: "manager" });
  const back = createCallerFactory(appRouter)(
    as({ state: "in", session: (await loadSession(db(), token)) ?? session }),
  );
  await back.session.switchBrand({ slug: session.customer.slug });
  expect(await loadSession(db(), token)).toMatchObject({ customer: { id: brand.customerId }, role: "viewer" });
});

it("a viewer sees neither keys nor other people's addresses", async () => {
  const viewer = as({ state: "in", session: await sessionFor("viewer") });
  for (const listed of procedures.filter(({ type, staff }) => type === "query" && !staff)) {
    const answer = await call(listed, viewer, INPUTS[listed.path]).catch((error: unknown) => {
      if (error instanceof PublicError && error.code === "FORBIDDEN") return null;
      throw error;
    });
    const text = JSON.stringify(answer);
    for (const hidden of [brand.people.admin.email, brand.people.manager.email, "ca_pk_", "ca_sk_"]) {
      expect(text, listed.path).not.toContain(hidden);
    }
  }
});

it("a viewer is shown no alert about bills or keys, nor since when one is crossed", async () => {
  const mine: Ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } };
  for (const kind of ["payment_failed", "key_refused", "low_balance"] as const) {
    await addRule(mine, { kind, threshold: kind === "payment_failed" ? 0 : 78 }).catch(() => {});
  }
  const shownTo = async (role: Parameters<typeof sessionFor>[0]) => {
    const caller = createCallerFactory(appRouter)(as({ state: "in", session: await sessionFor(role) }));
    return new Set((await caller.alerts.overview()).rules.map(({ kind }) => kind));
  };
  const [viewer, manager] = [await shownTo("viewer"), await shownTo("manager")];
  for (const kind of ["payment_failed", "key_refused"] as const) {
    expect([kind, viewer.has(kind), manager.has(kind)]).toEqual([kind, false, true]);
  }
  expect(viewer.has("low_balance")).toBe(true);
});
