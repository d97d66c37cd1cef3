import { eq } from "drizzle-orm";
import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { stripeEvents, tokenPurchases } from "@/db/schema/billing";
import { env } from "@/lib/env";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, testBrand } from "@/test/meter";
import { control, newEvents, payAt, payerOf } from "@/test/stripe";
import { checkout } from "./checkout/service";
import { handleStripeWebhook } from "./handler";
import { stripe } from "./stripe/service";

/** The webhook's route against everything that is not an event of Stripe's, and what it makes of those that are. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

interface Telling {
  readonly secret?: string;
  readonly timestamp?: number;
  readonly body?: string;
  readonly signature?: string | null;
}

async function post(event: unknown, { secret, timestamp, body, signature }: Telling = {}) {
  const payload = JSON.stringify(event);
  const header =
    signature === undefined
      ? Stripe.webhooks.generateTestHeaderString({
          payload,
          secret: secret ?? env().STRIPE_WEBHOOK_SECRET ?? "",
          ...(timestamp === undefined ? {} : { timestamp }),
        })
      : signature;
  const request = new Request("http://localhost/api/webhooks/stripe", {
    method: "POST",
    headers: { "content-type": "application/json", ...(header === null ? {} : { "stripe-signature": header }) },
    body: body ?? payload,
  });
  const response = await handleStripeWebhook(request, { metering: metering() });
  const answer = (await response.json()) as { code?: string; outcome?: string };
  return [response.status, answer.code ?? answer.outcome];
}

/** A payment of a pack that Stripe has not told of yet. */
async function paidPack() {
  const brand = await testBrand({ tokens: 0, apps: [] });
  await newEvents();
  await payAt((await checkout(payerOf(brand.customerId), { packId: "pack-1k" })).url);
  const event = (await newEvents()).find(({ type }) => type === "payment_intent.succeeded");
  if (!event) throw new Error("nothing was paid");
  const bought = () => db().select().from(tokenPurchases).where(eq(tokenPurchases.customerId, brand.customerId));
  const kept = () => db().select().from(stripeEvents).where(eq(stripeEvents.id, event.id));
  return { event, bought, kept };
}

describe("the webhook", () => {
  it("takes nothing that Stripe has not signed just now, to the byte", async () => {
    const { event, bought, kept } = await paidPack();
    const now = Math.floor(Date.now() / 1_000);
    const payload = JSON.stringify(event);
    const refused = [400, "invalid_request"];
    expect(await post(event, { secret: "whsec_another" })).toEqual(refused);
    expect(await post(event, { body: payload.replace("1000", "9000") })).toEqual(refused);
    expect(await post(event, { body: `${payload} ` })).toEqual(refused);
    expect(await post(event, { timestamp: now - 301 })).toEqual(refused);
    expect(await post(event, { signature: null })).toEqual(refused);
    expect(await post(event, { signature: `t=${now},v1=00` })).toEqual(refused);
    expect(await post("no event", { body: "not JSON" })).toEqual(refused);
    expect([await bought(), await kept()]).toEqual([[], []]);
  });

  it("takes an event once, however often it is played again", async () => {
    const { event, bought, kept } = await paidPack();
    expect(await post(event)).toEqual([200, "done"]);
    expect(await post(event)).toEqual([200, "again"]);
    expect(await bought()).toHaveLength(1);
    expect(await kept()).toMatchObject([{ status: "done", payload: null, type: "payment_intent.succeeded" }]);
  });

  it("refuses a megabyte and more, said or not", async () => {
    const { event } = await paidPack();
    const much = { ...event, padding: "x".repeat(1_048_576) };
    expect(await post(much)).toEqual([413, "payload_too_large"]);
    const drip = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    const request = new Request("http://localhost/api/webhooks/stripe", {
      method: "POST",
      body: drip,
      duplex: "half",
    } as RequestInit);
    expect((await handleStripeWebhook(request, { metering: metering() })).status).toBe(413);
  });

  it("keeps an event of the other mode, and one it does not know, without an effect", async () => {
    const { event, bought, kept } = await paidPack();
    expect(await post({ ...event, livemode: true })).toEqual([200, "ignored"]);
    expect(await kept()).toMatchObject([{ status: "ignored", livemode: true }]);
    const unknown = { ...event, id: "evt_unknown_type", type: "radar.early_fraud_warning.created" };
    expect(await post(unknown)).toEqual([200, "ignored"]);
    expect(await bought()).toEqual([]);
  });

  it("keeps what it cannot deal with yet, and says that it has it", async () => {
    const { event, bought, kept } = await paidPack();
    await control("faults", { fault: "server_error", times: 3 });
    expect(await post(event)).toEqual([200, "failed"]);
    expect(await kept()).toMatchObject([{ status: "failed", attempts: 1, payload: { id: event.id } }]);
    // Stripe sends it again, or the job takes it up: either is enough.
    expect(await post(event)).toEqual([200, "done"]);
    expect(await kept()).toMatchObject([{ status: "done", payload: null, error: null }]);
    expect(await bought()).toHaveLength(1);
  });

  it("tries what turns out to be of no concern no more, though it could not be read at first", async () => {
    const { event, bought, kept } = await paidPack();
    const theirs = (await stripe().paymentIntents.retrieve((event.data.object as { id: string }).id)).customer;
    const other = await stripe().paymentIntents.create({ amount: 500, currency: "usd", customer: String(theirs) });
    const ofNoPack = { ...event, data: { object: other } };
    await control("faults", { fault: "server_error", times: 3 });
    expect(await post(ofNoPack)).toEqual([200, "failed"]);
    expect(await post(ofNoPack)).toEqual([200, "ignored"]);
    expect(await kept()).toMatchObject([{ status: "ignored", payload: null, error: null, nextAttemptAt: null }]);
    expect(await post(ofNoPack)).toEqual([200, "again"]);
    expect(await bought()).toEqual([]);
  });
});
