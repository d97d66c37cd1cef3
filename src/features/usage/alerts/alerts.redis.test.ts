import { and, eq, isNull, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { alertCrossings, alertRules, alertSettings, keyRefusals } from "@/db/schema/alerts";
import { overageSettings } from "@/db/schema/billing";
import { outgoingMails } from "@/db/schema/mail";
import { meteringAccounts, spendCaps } from "@/db/schema/metering";
import { notifications } from "@/db/schema/notifications";
import { customers } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { writeRefusals } from "@/features/metering/refusals/jobs";
import { RefusalNotes } from "@/features/metering/refusals/rules";
import { setPreference } from "@/features/notifications/service";
import { deliverDue, deliveriesAtRest } from "@/features/notifications/webhooks/jobs";
import { createEndpoint, setEnabled } from "@/features/notifications/webhooks/service";
import { ROLES } from "@/features/team/rules";
import { addPerson } from "@/features/team/service";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { consumeWith, drain, holdWith, settleWith, type TestBrand, testBrand } from "@/test/meter";
import { Receiver } from "@/test/receivers";
import { Baseline } from "../anomaly/rules";
import { hoursOf } from "../standing/queries";
import type { AlertKind } from "./contract";
import { collectRefusals } from "./jobs";
import { addRule, lookAtAlerts, removeRule, setAlertSettings, setRule, testRule } from "./service";

/**
 * Each alert against a real ledger: one case in which it speaks, for its own reason, and one that looks alike and is none.
 */

let brand: TestBrand;
const made: string[] = [];

async function freshBrand(options: Parameters<typeof testBrand>[0] = {}): Promise<void> {
  brand = await testBrand({ tokens: 1_000, apps: ["cai-001", "vto-001"], ...options });
  made.push(brand.customerId);
  for (const role of ROLES) {
    const person = { email: `${role}-${brand.customerId}@a.example`, name: role, passwordHash: "none", role };
    await addPerson(system(), person);
  }
}
beforeEach(() => freshBrand());
afterAll(async () => {
  // What was written into rollups without a use is nobody else's to find.
  for (const id of made) {
    for (const table of ["usage_hours", "usage_days"]) {
      await db().execute(sql`delete from ${sql.raw(table)} where customer_id = ${id}`);
    }
    // What was used is counted anew where a brand moves to another clock.
    for (const zone of ["Etc/GMT-1", "UTC"]) {
      await db().execute(sql`update customers set time_zone = ${zone} where id = ${id}`);
    }
  }
  await closeDb();
});

const system = () =>
  ({ db: db(), customerId: mintCustomerId(brand.customerId), actor: { type: "system", id: "test" } }) as const;
const look = () => lookAtAlerts(db(), mintCustomerId(brand.customerId));
const own = () => eq(alertCrossings.customerId, brand.customerId);

/** What one of its people was told, oldest first. */
async function told(kind?: AlertKind, role = "admin"): Promise<string[]> {
  const rows = await db().execute(sql`
    select n.title from notifications n join memberships m on m.user_id = n.user_id and m.customer_id = n.customer_id
    where n.customer_id = ${brand.customerId} and m.role = ${role} and (${kind ?? null}::text is null or n.kind = ${kind ?? null})
    order by n.id`);
  return rows.map((row) => String(row.title));
}
const mailsOf = (kind: string) =>
  db()
    .select()
    .from(outgoingMails)
    .where(and(eq(outgoingMails.customerId, brand.customerId), eq(outgoingMails.kind, kind)));

async function spend(tokens: number): Promise<void> {
  const response = await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: tokens } });
  expect(response.status).toBe(200);
  await drain(brand);
}

/** Weeks of hours by the brand's clock, UTC: so much each hour, but what `but` says of the last ones. */
async function weeks(count: number, each: number, but: Record<number, number> = {}): Promise<void> {
  await db().execute(sql`
    with h as (
      select generate_series(0, ${count * 168}) as back, (select id from apps where catalog_id = 'vto-001') as app_id
    ), t as (
      select (date_trunc('hour', now() at time zone 'UTC') - make_interval(hours => back)) as at, app_id,
        coalesce((${JSON.stringify(but)}::jsonb ->> back::text)::int, ${each} + (back * 7919 % 11) - 5) as tokens from h
    ), hours as (
      insert into usage_hours (customer_id, mode, date, hour, tokens, uses)
      select ${brand.customerId}, 'live', at::date, extract(hour from at)::smallint, tokens, ceil(tokens / 5.0) from t
      on conflict (customer_id, mode, date, hour) do update set tokens = excluded.tokens, uses = excluded.uses
    )
    insert into usage_days (customer_id, mode, date, app_id, tokens, uses, took_ms, timed)
    select ${brand.customerId}, 'live', at::date, app_id, sum(tokens), sum(ceil(tokens / 5.0)), 0, 0 from t group by 3, 4
    on conflict (customer_id, mode, date, app_id) do update set tokens = excluded.tokens, uses = excluded.uses`);
}

describe("share of the plan", () => {
  beforeEach(() => freshBrand({ plan: "starter", tokens: 1_000 }));

  it("is told once when it is crossed, and again only after it was far below", async () => {
    await spend(499);
    expect(await look()).toBe(0);
    await spend(1);
    expect(await look()).toBe(1);
    expect(await told("plan_used")).toEqual(["50% of this period’s plan is used"]);
    await spend(5);
    expect(await look()).toBe(0);
  });

  it("tells the highest of those that are crossed at once, and the next when it comes", async () => {
    await spend(850);
    await look();
    expect(await told("plan_used")).toEqual(["85% of this period’s plan is used"]);
    await spend(150);
    await look();
    expect(await told("plan_used")).toEqual([
      "85% of this period’s plan is used",
      "100% of this period’s plan is used",
    ]);
    expect(
      await db()
        .select()
        .from(alertCrossings)
        .where(and(own(), eq(alertCrossings.kind, "plan_used"))),
    ).toHaveLength(3);
  });

  it("is silent about tokens that no plan gave: a brand that lives on packs", async () => {
    await freshBrand({ tokens: 1_000, plan: null });
    await spend(990);
    await look();
    expect(await told("plan_used")).toEqual([]);
  });

  it("is told anew in the next period", async () => {
    await spend(600);
    await look();
    await db()
      .update(customerBilling)
      .set({ billingCycleStart: sql`now() - interval '1 minute'`, billingCycleEnd: sql`now() + interval '30 days'` })
      .where(eq(customerBilling.customerId, brand.customerId));
    await look();
    // Everything was used within that minute: it counts into the new period as well.
    expect(await told("plan_used")).toHaveLength(2);
  });
});

describe("low balance", () => {
  it("is told at the threshold, and that tokens ran out at zero", async () => {
    await spend(899);
    await look();
    expect(await told("low_balance")).toEqual([]);
    await spend(1);
    await look();
    expect(await told("low_balance")).toEqual(["100 tokens left"]);
    await spend(100);
    await look();
    expect(await told("low_balance")).toEqual(["100 tokens left", "Tokens ran out"]);
  });

  it("tells that tokens ran out as soon as what is left pays for no app that is on, in a mail of its own", async () => {
    await db().insert(overageSettings).values({ customerId: brand.customerId, mode: "stop", lowBalanceTokens: 200 });
    await spend(997);
    await look();
    expect(await told("low_balance")).toEqual(["3 tokens left"]);
    await freshBrand();
    await db().insert(overageSettings).values({ customerId: brand.customerId, mode: "stop", lowBalanceTokens: 200 });
    await spend(998);
    // The cheaper of the two costs three.
    expect((await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001" } })).status).toBe(402);
    await look();
    expect(await told("low_balance")).toEqual(["Tokens ran out"]);
    const [mail, ...others] = (await mailsOf("notifications.notice")).filter(({ userId }) => userId !== null);
    expect(others).toHaveLength(1);
    expect(mail?.facts).toMatchObject({
      tone: "stopped",
      body: expect.stringMatching(/^2 tokens are left, fewer than any app that is on costs\. Your widgets are paused/),
    });
    await look();
    expect(await told("low_balance")).toHaveLength(1);
  });

  it("is silent where a balance means nothing: an endless plan, and a brand that never had tokens", async () => {
    await freshBrand({ plan: "enterprise", tokens: 0 });
    expect(await look()).toBe(0);
    await freshBrand({ tokens: 0 });
    expect(await look()).toBe(0);
  });
});

describe("forecast", () => {
  /** A brand in the middle of its period: what is left of a calendar month may be too little to run out in. */
  async function midway(tokens: number): Promise<void> {
    await freshBrand({ plan: "professional", tokens });
    const [billingCycleStart, billingCycleEnd] = [-14, 14].map((days) => new Date(Date.now() + days * 86_400_000));
    await db()
      .update(customerBilling)
      .set({ billingCycleStart, billingCycleEnd })
      .where(eq(customerBilling.customerId, brand.customerId));
  }

  it("tells when the tokens will run out within the days asked for, until they have no end", async () => {
    await midway(2_000);
    await weeks(4, 50);
    await look();
    expect((await told("forecast"))[0]).toMatch(/^Tokens are expected to run out (?:today|on \d)/);
    const endless = (unlimited: boolean) =>
      db().update(meteringAccounts).set({ unlimited }).where(eq(meteringAccounts.customerId, brand.customerId));
    await endless(true);
    await look();
    await endless(false);
    expect(
      await db()
        .select()
        .from(alertCrossings)
        .where(and(own(), isNull(alertCrossings.closedAt))),
    ).toEqual([]);
    await look();
    expect(await told("forecast")).toHaveLength(2);
  });

  it("is silent after one day of much use in weeks of little", async () => {
    await midway(20_000);
    await weeks(4, 6, { 30: 3_000, 31: 3_000, 32: 3_000 });
    await look();
    expect(await told("forecast")).toEqual([]);
  });

  it("is silent while it is too early to tell", async () => {
    await freshBrand({ plan: "professional", tokens: 2_000 });
    await weeks(1, 100);
    await look();
    expect(await told("forecast")).toEqual([]);
  });
});

describe("unusual usage", () => {
  it("tells of an hour far above what is usual for it", async () => {
    await weeks(6, 100, { 1: 420 });
    await look();
    expect(await told("unusual")).toEqual(["Far more use than usual"]);
  });

  it("tells of hours far below: widgets that no longer show", async () => {
    await weeks(6, 100, { 1: 0, 2: 0, 3: 4 });
    await look();
    expect(await told("unusual")).toEqual(["Far less use than usual"]);
  });

  it("is silent at the busy hour of every week, which 1.5 times the average would call unusual", async () => {
    const busy = Object.fromEntries(Array.from({ length: 7 }, (_, week) => [1 + week * 168, 400]));
    await weeks(6, 100, busy);
    await look();
    expect(await told("unusual")).toEqual([]);
  });

  it("is not told of the hour that comes twice as the clocks are put back, nor of the one that is left out", async () => {
    const zone = "Europe/Berlin";
    const before = async (iso: string) => {
      await db().execute(sql`delete from usage_hours where customer_id = ${brand.customerId}`);
      // A hundred uses in each hour that passes, for five weeks.
      await db().execute(sql`
        insert into usage_hours (customer_id, mode, date, hour, tokens, uses)
        select ${brand.customerId}, 'live', (t at time zone ${zone})::date, extract(hour from t at time zone ${zone})::smallint,
          500 * count(*), 100 * count(*)
        from generate_series(${iso}::timestamptz - interval '5 weeks', ${iso}::timestamptz, interval '1 hour') t group by 3, 4`);
      return (await db().transaction((tx) => hoursOf(tx, system(), zone, new Date(iso)))).hours;
    };
    for (const iso of ["2026-10-25T02:10:00Z", "2026-03-29T01:10:00Z"]) {
      const hours = await before(iso);
      expect(new Set(hours.slice(-24 * 28))).toEqual(new Set([500]));
      const look = new Baseline(hours, 5).look(hours.length - 2, 0.2);
      expect(look).toMatchObject({ tokens: 500, high: false, low: false });
    }
  });

  it("is silent while there are not two weeks to compare with", async () => {
    await weeks(1, 100, { 1: 900 });
    await look();
    expect(await told("unusual")).toEqual([]);
  });
});

describe("caps", () => {
  const cap = (scope: string, daily: number) =>
    db().insert(spendCaps).values({ customerId: brand.customerId, mode: "live", scope, daily, monthly: null });

  it("tells that one is reached as soon as the next use is refused", async () => {
    await cap("vto-001", 12);
    for (let i = 0; i < 2; i++) await consumeWith(brand.secretKey.secret, { body: { app_id: "vto-001" } });
    await drain(brand);
    await look();
    // 10 of 12 are spent, and a use takes 5.
    expect(await told("cap_reached")).toEqual(["The cap on Virtual Try-On is reached"]);
  });

  it("is silent about use of other apps, and about a cap of nothing, which is a switch", async () => {
    await cap("vto-001", 12);
    await cap("*", 0);
    await db().execute(sql`delete from spend_caps where customer_id = ${brand.customerId} and scope = '*'`);
    await spend(200);
    await db()
      .insert(spendCaps)
      .values({ customerId: brand.customerId, mode: "live", scope: "*", daily: 0, monthly: null });
    await look();
    expect(await told("cap_reached")).toEqual([]);
  });
});

describe("failed payments", () => {
  beforeEach(() => freshBrand({ plan: "professional", tokens: 5_000 }));
  const status = (to: "past_due" | "canceled") =>
    db().update(customerBilling).set({ status: to }).where(eq(customerBilling.customerId, brand.customerId));

  it("are told to whoever may see billing, and mailed by billing alone", async () => {
    await status("past_due");
    await look();
    expect(await told("payment_failed")).toEqual(["The payment for Professional failed"]);
    expect(await told("payment_failed", "manager")).toHaveLength(1);
    expect(await told("payment_failed", "viewer")).toEqual([]);
    expect(await mailsOf("notifications.notice")).toEqual([]);
  });

  it("are none where the brand itself ended its plan", async () => {
    await status("canceled");
    await look();
    expect(await told("payment_failed")).toEqual([]);
  });

  it("of an auto top-up are told too", async () => {
    await db().insert(overageSettings).values({
      customerId: brand.customerId,
      mode: "top_up",
      threshold: 10,
      packId: "pack-1k",
      monthlyLimitCents: 5_000,
      cooldownMinutes: 60,
      stoppedAt: new Date(),
      stoppedReason: "The card was declined.",
    });
    await look();
    expect(await told("payment_failed")).toEqual(["Auto top-up has stopped"]);
  });
});

describe("a refused key", () => {
  const refused = (times: number, code: string, hoursAgo = 0) =>
    db().execute(sql`
      insert into key_refusals (customer_id, key_id, hour, code, times) values (${brand.customerId}, ${brand.secretKey.key.keyId},
        date_trunc('hour', now()) - make_interval(hours => ${hoursAgo}), ${code}, ${times})`);

  it("is told with the commonest reason, when it was refused often within an hour", async () => {
    await refused(40, "origin_not_allowed");
    await refused(12, "rate_limited");
    await look();
    expect((await told("key_refused"))[0]).toMatch(/^The key .+ is refused often$/);
    const [mail] = await mailsOf("notifications.notice");
    expect(String(mail?.facts.body)).toContain("not on the key’s list");
  });

  it("is silent about as many refusals over a day, and tells no viewer of keys", async () => {
    for (let hour = 0; hour < 10; hour++) await refused(10, "origin_not_allowed", hour);
    await look();
    expect(await told("key_refused")).toEqual([]);
    await db().delete(keyRefusals).where(eq(keyRefusals.customerId, brand.customerId));
    await refused(90, "origin_not_allowed");
    await look();
    expect(await told("key_refused")).toHaveLength(1);
    expect(await told("key_refused", "viewer")).toEqual([]);
  });
});

it("a key that is refused at the edge is counted to its brand, once however often it is read", async () => {
  const notes = new RefusalNotes();
  const deps = {
    refused: (partition: number, hmac: string, code: string) => void notes.note(partition, hmac, code, Date.now()),
  };
  // Half of them uses, half reservations: a key is refused wherever it is shown.
  for (let i = 0; i < 30; i++) {
    const answer = await consumeWith(brand.secretKey.secret, { body: { app_id: "adv-001" }, deps });
    expect(answer.status).toBe(403);
    const held = await holdWith(brand.secretKey.secret, { body: { app_id: "adv-001", tokens_reserved: 5 }, deps });
    expect(held.status).toBe(403);
  }
  // That there is nothing to settle says nothing of the key.
  expect((await settleWith(brand.secretKey.secret, uuidv7(), 1, { deps })).status).toBe(404);
  await consumeWith("ca_sk_live_nobody", { deps });
  await writeRefusals(redis(), notes, Date.now());
  await collectRefusals({ db: db(), redis: redis() });
  await collectRefusals({ db: db(), redis: redis() });
  const rows = await db().select().from(keyRefusals).where(eq(keyRefusals.customerId, brand.customerId));
  expect(rows).toMatchObject([{ keyId: brand.secretKey.key.keyId, code: "app_not_active", times: 60 }]);
  await look();
  expect(await told("key_refused")).toHaveLength(1);
});

it("an alert arrives at the brand's receiver once as it goes off, and no test of one does", async () => {
  const receiver = await Receiver.start();
  const { secret, endpoint } = await createEndpoint(system(), {
    url: receiver.url,
    description: "",
    events: ["alert.raised"],
  });
  const arrived = async () => {
    await deliverDue({ db: db() });
    await deliveriesAtRest();
    return receiver.verified(secret).map(({ data }) => data);
  };
  await look();
  const [rule] = await db().select().from(alertRules).where(eq(alertRules.customerId, brand.customerId));
  await testRule(system(), { id: rule?.id ?? "" });
  expect(await arrived()).toEqual([]);
  await spend(950);
  await look();
  await look();
  expect(await arrived()).toEqual([
    expect.objectContaining({ kind: "low_balance", severity: "warning", threshold: 100, title: expect.any(String) }),
  ]);
  await setEnabled(system(), { id: endpoint.id, enabled: false });
  await receiver.close();
});

describe("once", () => {
  it("whoever looks, and how many at a time", async () => {
    // The very first look makes the brand's rules, for which the others wait anyway.
    await look();
    await spend(950);
    const looks = await Promise.all(Array.from({ length: 8 }, look));
    expect(looks.reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await told("low_balance")).toEqual(["50 tokens left"]);
    expect(await mailsOf("notifications.notice")).toHaveLength(2);
  });

  it("where the job was killed half way and is done again: before it ended, nothing had happened", async () => {
    await spend(950);
    const killed = lookAtAlerts(db(), mintCustomerId(brand.customerId), async () => {
      throw new Error("killed");
    });
    await expect(killed).rejects.toThrow("killed");
    expect(await told()).toEqual([]);
    expect(await mailsOf("notifications.notice")).toEqual([]);
    expect(await look()).toBe(1);
    expect(await told()).toEqual(["50 tokens left"]);
  });

  it("for each crossing: told again after it has recovered by enough, and not while it trembles", async () => {
    await spend(905);
    await look();
    const balance = (tokens: number) =>
      db().execute(
        sql`update metering_accounts set balance = ${tokens} where customer_id = ${brand.customerId} and mode = 'live'`,
      );
    for (const tokens of [101, 99, 110, 95, 120, 80]) {
      await balance(tokens);
      await look();
    }
    expect(await told("low_balance")).toEqual(["95 tokens left"]);
    await balance(500);
    await look();
    await balance(90);
    await look();
    expect(await told("low_balance")).toEqual(["95 tokens left", "90 tokens left"]);
    await balance(95);
  });

  it("each alert that was removed can be added again as it was, the one without a figure too, and once", async () => {
    await look();
    const usual = () =>
      db().select().from(alertRules).where(eq(alertRules.customerId, brand.customerId)).orderBy(alertRules.kind);
    const before = await usual();
    expect(before.map(({ kind }) => kind)).toContain("payment_failed");
    const off = before.find(({ kind }) => kind === "payment_failed")?.id ?? "";
    await setRule(system(), { id: off, enabled: false });
    const standing = (rules: typeof before) =>
      rules.map(({ kind, threshold, enabled }) => `${kind} ${threshold} ${enabled}`).toSorted();
    const removed = await usual();
    for (const { id } of removed) await removeRule(system(), { id });
    for (const { kind, threshold, enabled } of removed) {
      await addRule(system(), { kind: kind as AlertKind, threshold, enabled });
    }
    // One that was off is off again.
    expect(standing(await usual())).toEqual(standing(removed));
    await expect(addRule(system(), { kind: "payment_failed", threshold: 0 })).rejects.toThrow(/such an alert already/);
    await expect(addRule(system(), { kind: "payment_failed", threshold: 5 })).rejects.toThrow();
  });

  it("by what is so when it is written: a look that had to wait for another reads what that one left", async () => {
    await addRule(system(), { kind: "low_balance", threshold: 60 });
    await spend(950);
    const balance = (tokens: number) => sql`
      update metering_accounts set balance = ${tokens} where customer_id = ${brand.customerId} and mode = 'live'`;
    let waiting: Promise<number> | undefined;
    await db().transaction(async (tx) => {
      await tx.execute(sql`select 1 from alert_settings where customer_id = ${brand.customerId} for update`);
      waiting = look();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await tx.execute(balance(900));
    });
    expect(await waiting).toBe(0);
    await db().execute(balance(50));
  });
});

describe("when", () => {
  const quietNow = () =>
    db().insert(alertSettings).values({
      customerId: brand.customerId,
      quietFrom: sql`mod(extract(hour from now() at time zone 'UTC')::int * 60 + 1380, 1440)`,
      quietTo: sql`mod(extract(hour from now() at time zone 'UTC')::int * 60 + 180, 1440)`,
    });

  it("quiet hours hold mails of what may stop, but neither the app nor what has stopped", async () => {
    await quietNow();
    await addRule(system(), { kind: "low_balance", threshold: 100 });
    await addRule(system(), { kind: "low_balance", threshold: 0 });
    await spend(950);
    await look();
    expect(await told("low_balance")).toEqual(["50 tokens left"]);
    const [held] = await mailsOf("notifications.notice");
    expect(held?.dueAt.getTime()).toBeGreaterThan(Date.now() + 60 * 60_000);
    await spend(50);
    await look();
    const mails = await mailsOf("notifications.notice");
    const out = mails.find((mail) => mail.facts.title === "Tokens ran out");
    expect(out?.dueAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  it("what quiet hours hold is taken back where it is so no more, or said louder meanwhile; the app keeps it", async () => {
    await quietNow();
    for (const threshold of [100, 0]) await addRule(system(), { kind: "low_balance", threshold });
    const held = async () => (await mailsOf("notifications.notice")).map(({ facts }) => facts.title);
    await spend(950);
    await look();
    expect(new Set(await held())).toEqual(new Set(["50 tokens left"]));
    await look();
    expect(await held()).not.toEqual([]);
    const balance = (tokens: number) =>
      db().execute(
        sql`update metering_accounts set balance = ${tokens} where customer_id = ${brand.customerId} and mode = 'live'`,
      );
    await balance(600);
    await look();
    expect(await held()).toEqual([]);
    expect(await told("low_balance")).toEqual(["50 tokens left"]);
    // What is under way already, or arrived, is nobody's to take back.
    await balance(40);
    await look();
    const [first] = await mailsOf("notifications.notice");
    await db()
      .update(outgoingMails)
      .set({ attempts: 1 })
      .where(eq(outgoingMails.id, first?.id ?? ""));
    await balance(0);
    await look();
    expect((await held()).toSorted()).toEqual(["40 tokens left", "Tokens ran out", "Tokens ran out"]);
    // As the ledger has it again, which later tests look at.
    await balance(50);
  });

  it("a test goes into the digest of the brand's own hour, where that is how its asker is told", async () => {
    await look();
    const hour = (new Date().getUTCHours() + 5) % 24;
    await setAlertSettings(system(), { quiet: null, digestHour: hour });
    const [rule] = await db().select().from(alertRules).where(eq(alertRules.customerId, brand.customerId));
    const [admin] = await db().execute(
      sql`select user_id from memberships where customer_id = ${brand.customerId} and role = 'admin' order by user_id`,
    );
    const asker = { ...system(), actor: { type: "user", id: String(admin?.user_id) } } as const;
    const kind = rule?.kind as AlertKind;
    await setPreference(asker, { kind, channel: "email", mode: "digest" });
    await testRule(asker, { id: rule?.id ?? "" });
    const [waiting] = await db().select().from(notifications).where(eq(notifications.userId, asker.actor.id));
    expect(waiting?.digestAt?.getUTCHours()).toBe(hour);
  });

  it("a rule that is off, or was removed, says nothing", async () => {
    await look();
    await db().update(alertRules).set({ enabled: false }).where(eq(alertRules.customerId, brand.customerId));
    await spend(1_000);
    expect(await look()).toBe(0);
  });
});

it("what a brand is told stays with its people: nobody of another brand is told anything", async () => {
  const other = uuidv7();
  await db().insert(customers).values({ id: other, name: "Other", slug: other });
  await spend(950);
  await look();
  const rows = await db().select().from(notifications).where(eq(notifications.customerId, other));
  expect(rows).toEqual([]);
});
