import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { customers } from "@/db/schema/people";
import { seedCatalog } from "@/db/seed/catalog";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { auditCsv, auditEntries } from "./queries";
import { recordAudit } from "./service";

let brand: TestBrand;
let foreign: TestBrand;
let ctx: Ctx;
const ctxOf = ({ customerId }: TestBrand, actor: Ctx["actor"] = { type: "system", id: "billing" }): Ctx => ({
  db: db(),
  customerId,
  actor,
});
const write = (who: Ctx, action: string, subject: string, details: Record<string, unknown> = {}) =>
  db().transaction((tx) => recordAudit(tx, who, { action, subject, details }));
const keyOf = async ({ customerId }: TestBrand, name: string): Promise<string> => {
  const keyId = `ak_live_${uuidv7().replaceAll("-", "").slice(-16)}`;
  await db()
    .insert(apiKeys)
    .values({
      ...{ id: uuidv7(), keyId, customerId, name, hmac: uuidv7(), lastFour: "abcd" },
      ...{ kind: "sk", mode: "live" },
    });
  return keyId;
};

beforeAll(async () => {
  await seedCatalog(db());
  [brand, foreign] = [await makeBrand(db()), await makeBrand(db())];
  ctx = ctxOf(brand);
});
afterAll(closeDb);

describe("the log of a brand", () => {
  const found = async (input: Parameters<typeof auditEntries>[1], who = ctx) =>
    (await auditEntries(who, input)).entries.map(({ action, subject }) => `${action} ${subject}`);

  it("calls people, apps and the brand's own keys by their names, and no other brand's", async () => {
    const [own, theirs] = [await keyOf(brand, "Web shop"), await keyOf(foreign, "Not yours")];
    const ada = ctxOf(brand, { type: "user", id: brand.people.admin.userId });
    await write(ada, "key.created", own);
    await write(ada, "key.revoked", theirs);
    await write(ada, "app.activated", "vto-001");
    const { entries } = await auditEntries(ctx, {});
    expect(entries.slice(0, 3).map(({ subjectName, actorName }) => [subjectName, actorName])).toEqual([
      ["Virtual Try-On", `admin of test-${brand.customerId}`],
      [null, `admin of test-${brand.customerId}`],
      ["Web shop", `admin of test-${brand.customerId}`],
    ]);
    expect(entries.at(-1)).toMatchObject({ action: "person.added", subjectName: expect.stringContaining(" of test-") });
  });

  it("is searched by what is done, to what, by whom and why; what is typed is no pattern", async () => {
    await write(ctx, "tokens.granted", "grant-1", { for: "a pack at 50% off" });
    await write(ctxOf(brand, { type: "key", id: "ak_live_of_a_server" }), "app.paused", "pdc-001");
    expect(await found({ q: "50% off" })).toEqual(["tokens.granted grant-1"]);
    expect(await found({ q: "PD Calc" })).toEqual(["app.paused pdc-001"]);
    expect(await found({ q: "web shop" })).toHaveLength(1);
    expect(await found({ q: "ak_live_of" })).toEqual(["app.paused pdc-001"]);
    // What is not shown is not looked in either: a guess at an address would be confirmed.
    expect(await found({ q: brand.people.admin.email })).toEqual([]);
    expect(await found({ q: `admin of test-${brand.customerId}` })).toHaveLength(4);
    for (const nothing of ["5_% off", "50\\% off", "Not yours", "' or true --"])
      expect(await found({ q: nothing })).toEqual([]);
  });

  it("is narrowed by what it is about and who did it, several at once, and holds no line of another brand", async () => {
    expect(await found({ area: "app", actor: "key" })).toEqual(["app.paused pdc-001"]);
    expect(await found({ area: "tokens" })).toEqual(["tokens.granted grant-1"]);
    expect(await found({ area: "tokens", actor: "user" })).toEqual([]);
    expect((await found({}, ctxOf(foreign))).every((line) => line.startsWith("person."))).toBe(true);
  });

  it("has the days of the brand's own clock, both ends included", async () => {
    const dayIn = (timeZone: string, days = 0): string =>
      new Intl.DateTimeFormat("en-CA", { timeZone }).format(Date.now() + days * 86_400_000);
    await write(ctxOf(foreign), "banner.ended", "now");
    const on = (input: { from?: string; to?: string }) => found({ area: "banner", ...input }, ctxOf(foreign));
    // Never the same day in both.
    for (const timeZone of ["Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
      await db().update(customers).set({ timeZone }).where(eq(customers.id, foreign.customerId));
      const today = dayIn(timeZone);
      expect(await on({ from: today, to: today }), timeZone).toEqual(["banner.ended now"]);
      expect(await on({ to: dayIn(timeZone, -1) }), timeZone).toEqual([]);
      expect(await on({ from: dayIn(timeZone, 1) }), timeZone).toEqual([]);
    }
  });

  it("is read page by page, each line once; its file has them all, and no formula", async () => {
    for (let n = 0; n < 60; n++) await write(ctx, "product.changed", `=1+${n}`, { name: "@SUM(A1)" });
    const first = await auditEntries(ctx, { area: "product" });
    const second = await auditEntries(ctx, { area: "product", ...(first.cursor !== null && { cursor: first.cursor }) });
    expect([first.entries.length, second.entries.length, second.cursor]).toEqual([50, 10, null]);
    expect(new Set([...first.entries, ...second.entries].map(({ id }) => id)).size).toBe(60);
    const { csv, filename, truncated } = await auditCsv(ctx, { area: "product" });
    const [head, ...lines] = csv.trimEnd().split("\r\n");
    expect(head).toBe("number,at,actor_type,actor,actor_name,action,subject,subject_name,details");
    expect([lines.length, truncated]).toEqual([60, false]);
    expect(csv).not.toMatch(/(?:^|,)"?[=@]/m);
    expect(filename).toMatch(/^audit-test-.+-\d{4}-\d\d-\d\d$/);
  });
});
