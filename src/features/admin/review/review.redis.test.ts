import { desc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { alertCrossings, keyRefusals } from "@/db/schema/alerts";
import { auditLog } from "@/db/schema/audit";
import { usageFacets } from "@/db/schema/usage";
import { seedCatalog } from "@/db/seed/catalog";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { makeStaff } from "@/test/staff";
import { openSupport, revokeLeaked } from "../support/service";
import { ownerOfKey, signsOf } from "./queries";
import { dismissSign, recallSign } from "./service";

let staff: StaffCtx;
let brand: TestBrand;
let keyId: string;
let secret: string;

beforeAll(async () => {
  await seedCatalog(db());
  staff = await makeStaff(db());
  brand = await makeBrand(db());
  const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
  const asked = createKeyInput.parse({ name: "Server", kind: "sk", mode: "live", scopes: ["tokens:consume"] });
  const made = await createKey(ctx, asked);
  keyId = made.key.keyId;
  secret = made.secret;
});
afterAll(async () => {
  // Figures that the ledger does not know are no other test's business.
  for (const table of [keyRefusals, alertCrossings, usageFacets]) {
    await db().delete(table).where(eq(table.customerId, brand.customerId));
  }
  await closeDb();
});

const ofBrand = async (dismissed = false) =>
  (await signsOf(staff, { dismissed })).signs.filter(({ customerId }) => customerId === brand.customerId);
const refuse = (code: string, times: number) =>
  db().execute(sql`
    insert into key_refusals (customer_id, key_id, hour, code, times)
    values (${brand.customerId}, ${keyId}, date_trunc('hour', now()), ${code}, ${times})
    on conflict (customer_id, key_id, hour, code) do update set times = excluded.times`);

it("a key that is refused often is a sign, and one refusal of a secret key from a browser is the first", async () => {
  await refuse("origin_not_allowed", 49);
  await refuse("app_not_active", 5_000);
  expect(await ofBrand()).toEqual([]);
  await refuse("origin_not_allowed", 50);
  await refuse("secret_key_in_browser", 1);
  const signs = await ofBrand();
  expect(signs.map(({ kind }) => kind)).toEqual(["secret_in_browser", "refused"]);
  expect(signs[0]).toMatchObject({ key: { keyId, name: "Server" }, title: expect.stringContaining("Server") });
});

it("use from many countries that were never there before is one, where there was use before", async () => {
  const uses = (value: string, daysAgo: number, count: number) =>
    db().execute(sql`
      insert into usage_facets (customer_id, mode, facet, date, value, tokens, uses)
      values (${brand.customerId}, 'live', 'country', current_date - ${daysAgo}::int, ${value}, ${count}, ${count})`);
  for (const country of ["BR", "VN", "TH", "IN", "MX"]) await uses(country, 0, 10);
  expect((await ofBrand()).some(({ kind }) => kind === "countries")).toBe(false);
  await uses("DE", 5, 100);
  await uses("DE", 1, 50);
  expect((await ofBrand()).find(({ kind }) => kind === "countries")).toMatchObject({
    title: "Use from 5 new countries",
    body: expect.stringContaining("50 %"),
  });
  await uses("DE", 0, 1_000);
  expect((await ofBrand()).some(({ kind }) => kind === "countries")).toBe(false);
});

it("use that its alerts found unusual is one, until it is put aside with a reason; a new one is seen anew", async () => {
  const cross = (id: string, ago: string) =>
    db().execute(sql`
      insert into alert_crossings (id, customer_id, rule_id, kind, threshold, subject, facts, told, opened_at, closed_at)
      values (${id}, ${brand.customerId}, ${uuidv7()}, 'unusual', 50, 'high',
        '{"tokens": 900, "usual": 40, "hour": "14:00"}', true, now() - ${ago}::interval, now())`);
  const first = uuidv7();
  await cross(first, "2 hours");
  await cross(uuidv7(), "20 days");
  const unusual = async (dismissed = false) => (await ofBrand(dismissed)).filter(({ kind }) => kind === "unusual");
  expect(await unusual()).toMatchObject([{ id: `unusual:${first}`, title: "Far more use than usual", key: null }]);
  const input = { customerId: brand.customerId, sign: `unusual:${first}`, reason: "A campaign they had told us of" };
  await dismissSign(staff, input);
  expect(await unusual()).toEqual([]);
  expect(await unusual(true)).toMatchObject([{ dismissed: { reason: input.reason } }]);
  const [line] = await db()
    .select()
    .from(auditLog)
    .where(eq(auditLog.customerId, staff.customerId))
    .orderBy(desc(auditLog.id))
    .limit(1);
  expect(line).toMatchObject({
    action: "support.sign_dismissed",
    subject: brand.customerId,
    details: { sign: input.sign, reason: input.reason },
  });
  await expect(dismissSign(staff, input)).rejects.toMatchObject({ code: "not_found" });
  await expect(dismissSign(staff, { ...input, sign: "unusual:nowhere" })).rejects.toMatchObject({ code: "not_found" });
  await cross(uuidv7(), "1 hour");
  expect(await unusual()).toHaveLength(1);
  // Put aside by mistake is brought back, once; the log keeps both.
  const { reason: _, ...aside } = input;
  await recallSign(staff, aside);
  expect(await unusual()).toHaveLength(2);
  await expect(recallSign(staff, aside)).rejects.toMatchObject({ code: "not_found" });
  const lines = await db()
    .select()
    .from(auditLog)
    .where(eq(auditLog.customerId, staff.customerId))
    .orderBy(auditLog.id);
  expect(lines.map(({ action }) => action).filter((action) => action.startsWith("support."))).toEqual([
    "support.sign_dismissed",
    "support.sign_recalled",
  ]);
});

it("a key that was found is its brand's, by its text within anything and by its id; what is none opens nothing", async () => {
  const found = { state: "found", key: { customerId: brand.customerId, keyId, name: "Server", kind: "sk" } };
  expect(await ownerOfKey(staff, { text: `curl -H "Authorization: Bearer ${secret}" https://` })).toMatchObject(found);
  expect(await ownerOfKey(staff, { text: `the key ${keyId}.` })).toMatchObject(found);
  const answer = JSON.stringify(await ownerOfKey(staff, { text: secret }));
  for (const hidden of [secret, secret.slice(-34, -6), "hmac"]) expect(answer).not.toContain(hidden);
  expect(await ownerOfKey(staff, { text: `${secret.slice(0, -1)}${secret.endsWith("0") ? 1 : 0}` })).toEqual({
    state: "unknown",
  });
  expect(await ownerOfKey(staff, { text: `${secret}0` })).toEqual({ state: "none" });
  expect(await ownerOfKey(staff, { text: "sk_live_of_somebody_else" })).toEqual({ state: "none" });
});

it("a key that is revoked is no longer offered to be, and its secret no longer a sign", async () => {
  await openSupport(staff, { customerId: brand.customerId, reason: "It stands in their page" });
  await revokeLeaked(staff, { customerId: brand.customerId, keyId, reason: "It stands in their page" });
  const signs = await ofBrand();
  expect(signs.some(({ kind }) => kind === "secret_in_browser")).toBe(false);
  expect(signs.find(({ kind }) => kind === "refused")).toMatchObject({ key: null });
  expect(await ownerOfKey(staff, { text: secret })).toMatchObject({ key: { revokedAt: expect.any(String) } });
});
