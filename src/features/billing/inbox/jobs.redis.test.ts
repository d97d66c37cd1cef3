import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { stripeEvents } from "@/db/schema/billing";
import { createEndpoint } from "@/features/notifications/webhooks/service";
import { addPerson } from "@/features/team/service";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, drain, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payAt, payerOf, saveCard } from "@/test/stripe";
import { checkout } from "../checkout/service";
import { overview } from "../queries";
import { reconcileBrand } from "../reconcile/service";
import { EVENTS_KEPT_DAYS } from "../rules";
import { stripe } from "../stripe/service";
import { pruneEvents } from "./jobs";
import { receive } from "./service";

/** The inbox forgets what was dealt with long ago. What it forgets may come again, and changes nothing. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

const DAY_MS = 86_400_000;
const later = (days: number) => new Date(Date.now() + days * DAY_MS);

it("events that come again after they were forgotten change nothing: not a token, a mail, a message or a line", async () => {
  const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
  const ctx = payerOf(brand.customerId);
  await addPerson(ctx, { email: `payer@${brand.customerId}.example`, name: "Ada", passwordHash: null, role: "admin" });
  const { endpoint } = await createEndpoint(ctx, { url: "http://127.0.0.1:1/", description: "", events: null });
  await newEvents();
  // A plan that renews, a pack of which a part comes back, and one that is disputed and won.
  await payAt((await checkout(ctx, { planId: "starter" })).url);
  await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
  await payAt((await checkout(ctx, { packId: "pack-5k" })).url);
  const told = await newEvents();
  const hear = async (events: typeof told) => {
    const outcomes: string[] = [];
    for (const event of events) outcomes.push(await receive(inbox(), event));
    expect(outcomes).not.toContain("failed");
    await drain(brand);
  };
  await hear(told);
  const packs = told.flatMap(({ type, data }) =>
    type === "payment_intent.succeeded" && (data.object as { metadata: { pack?: string } }).metadata.pack
      ? [(data.object as { id: string }).id]
      : [],
  );
  await stripe().refunds.create({ payment_intent: packs[0] ?? "", amount: 1_300 });
  const { id: dispute } = (await control("dispute", { payment_intent: packs[1] })) as { id: string };
  const given = await newEvents();
  await hear(given);
  await control("close-dispute", { dispute, status: "won" });
  await saveCard(ctx);
  await control("advance", { seconds: 32 * 86_400 });
  const since = await newEvents();
  await hear(since);
  const all = [...told, ...given, ...since];

  const books = async () => {
    const [row] = await db().execute(sql`
      select (select json_agg(p order by p.id) from token_purchases p where p.customer_id = ${brand.customerId}) as purchases,
        (select count(*)::int from grant_intents where customer_id = ${brand.customerId}) as intents,
        (select count(*)::int from audit_log where customer_id = ${brand.customerId}) as lines,
        (select count(*)::int from outgoing_mails where customer_id = ${brand.customerId}) as mails,
        (select count(*)::int from webhook_messages where customer_id = ${brand.customerId}) as messages`);
    return { ...row, balance: (await overview(ctx, metering())).balance };
  };
  const before = await books();
  expect(before.balance).toBeGreaterThan(6_000);
  await pruneEvents(db(), later(EVENTS_KEPT_DAYS + 1));
  for (const event of all) {
    expect([event.type, await db().select().from(stripeEvents).where(eq(stripeEvents.id, event.id))]).toEqual([
      event.type,
      UNHANDLED.has(event.type) ? [expect.objectContaining({ status: "ignored" })] : [],
    ]);
  }
  await hear(all.toReversed());
  expect(await books()).toEqual(before);
  expect((await reconcileBrand(metering(), stripe(), brand.customerId)).findings).toEqual([]);
  await db().execute(sql`update webhook_endpoints set enabled = false where id = ${endpoint.id}`);
});

/** Types that the stand-in tells and the inbox keeps without handling them. */
const UNHANDLED = new Set([
  "charge.failed",
  "charge.succeeded",
  "charge.updated",
  "customer.created",
  "customer.updated",
  "customer.tax_id.created",
  "invoice.created",
  "invoice.finalized",
  "invoice.payment_succeeded",
  "invoice.updated",
  "invoice_payment.paid",
  "payment_intent.created",
  "payment_intent.requires_action",
  "payment_method.attached",
  "setup_intent.created",
  "setup_intent.succeeded",
]);

it("keeps what is young, what has failed, and what it does not know", async () => {
  const old = later(-EVENTS_KEPT_DAYS - 1);
  const rows = [
    { id: "evt_old_done", type: "invoice.paid", status: "done" },
    { id: "evt_old_ignored", type: "invoice.paid", status: "ignored" },
    { id: "evt_old_unknown", type: "radar.early_fraud_warning.created", status: "ignored" },
    { id: "evt_old_live", type: "invoice.paid", status: "ignored", livemode: true },
    { id: "evt_old_failed", type: "invoice.paid", status: "failed" },
    { id: "evt_young", type: "invoice.paid", status: "done", receivedAt: later(1 - EVENTS_KEPT_DAYS) },
  ] as const;
  for (const row of rows) {
    await db()
      .insert(stripeEvents)
      .values({ livemode: false, createdAt: old, receivedAt: old, ...row });
  }
  expect(await pruneEvents(db())).toBe(2);
  const left = await db().execute<{ id: string }>(
    sql`select id from stripe_events where id like 'evt\\_old%' or id = 'evt_young'`,
  );
  expect(left.map(({ id }) => id).toSorted()).toEqual([
    "evt_old_failed",
    "evt_old_live",
    "evt_old_unknown",
    "evt_young",
  ]);
  await db().execute(sql`delete from stripe_events where id like 'evt\\_old%' or id = 'evt_young'`);
});

it("an announcement that is told in a later period says nothing of the one after", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await addPerson(ctx, { email: `payer@${brand.customerId}.example`, name: "Ada", passwordHash: null, role: "admin" });
  await newEvents();
  await payAt((await checkout(ctx, { planId: "starter" })).url);
  await control("advance", { seconds: 32 * 86_400 });
  const events = await newEvents();
  for (const event of events) await receive(inbox(), event);
  await drain(brand);
  expect(events.some(({ type }) => type === "invoice.upcoming")).toBe(true);
  const [row] = await db().execute<{ n: number }>(
    sql`select count(*)::int as n from outgoing_mails where customer_id = ${brand.customerId} and kind = 'billing.renewal_ahead'`,
  );
  expect(row?.n).toBe(0);
});
