import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Stripe } from "stripe";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Logged } from "./api";
import { type Started, startStandIn } from "./started";
import type { Delivery } from "./webhooks";

const SECRET = "whsec_receiver";
let started: Started;
let stripe: Stripe;
let received: Stripe.Event[] = [];
/** What the receiver answers next; 200 where nothing is said. */
let answers: number[] = [];

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const header = String(request.headers["stripe-signature"]);
    // Throws, and so answers nothing, where the signature is not ours.
    received.push(Stripe.webhooks.constructEvent(Buffer.concat(chunks), header, SECRET));
    response.writeHead(answers.shift() ?? 200).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  started = await startStandIn({ webhook: { url: `http://127.0.0.1:${port}/`, secret: SECRET } });
  stripe = started.stripe;
}, 60_000);
beforeEach(async () => {
  await started.command("reset");
  received = [];
  answers = [];
});
afterAll(async () => {
  await started.standIn.close();
  receiver.close();
});

const settled = async (): Promise<void> => {
  expect(await started.command("settled", { ms: 10_000 })).toEqual({ settled: true });
};
const threeCustomers = async (): Promise<string[]> => {
  const names = ["one", "two", "three"];
  for (const name of names) await stripe.customers.create({ name });
  return names;
};
const namesReceived = (): (string | null | undefined)[] =>
  received.map((event) => (event.data.object as Stripe.Customer).name);

test("events come signed, whole and in order, and the catalogue's are not among them", async () => {
  const names = await threeCustomers();
  await settled();
  expect(namesReceived()).toEqual(names);
  const [event] = received;
  expect(event).toMatchObject({ object: "event", type: "customer.created", livemode: false });
  expect(await stripe.events.retrieve(event?.id ?? "")).toMatchObject({ id: event?.id, pending_webhooks: 0 });
});

test("an event tells which request caused it and what changed", async () => {
  const customer = await stripe.customers.create({ name: "Ada" });
  await stripe.customers.update(customer.id, { name: "Ada N." }, { idempotencyKey: "rename-1" });
  await settled();
  const updated = received.at(-1);
  expect(updated?.type).toBe("customer.updated");
  expect(updated?.request?.idempotency_key).toBe("rename-1");
  expect(updated?.data.previous_attributes).toEqual({ name: "Ada" });
});

test("what is not taken comes again, later, and others pass it", async () => {
  answers = [500];
  await threeCustomers();
  await settled();
  expect(namesReceived()).toEqual(["one", "two", "three", "one"]);
  const deliveries = await started.command<Delivery[]>("deliveries");
  expect(deliveries.map(({ tries, last, state }) => [tries, last, state])).toEqual([
    [2, 200, "sent"],
    [1, 200, "sent"],
    [1, 200, "sent"],
  ]);
});

test("on demand events come twice, are held back, or are shuffled", async () => {
  await started.command("manner", { copies: 2, hold: true });
  await threeCustomers();
  await settled();
  expect(received).toEqual([]);
  await started.command("manner", { shuffle: true });
  expect(await started.command("release")).toEqual({ released: 6 });
  await settled();
  expect(namesReceived().sort()).toEqual(["one", "one", "three", "three", "two", "two"]);
  expect(new Set(received.map(({ id }) => id)).size).toBe(3);
});

test("an event can be sent again by hand", async () => {
  await stripe.customers.create({ name: "Again" });
  await settled();
  await started.command("resend", { event: received[0]?.id });
  await settled();
  expect(received.map(({ id }) => id)).toEqual([received[0]?.id, received[0]?.id]);
});

test("an endpoint made through the API hears only what it asked for, with a secret of its own", async () => {
  const { port } = receiver.address() as AddressInfo;
  await started.command("webhook", null);
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/`,
    enabled_events: ["product.created"],
  });
  await stripe.customers.create({ name: "Unheard" });
  await settled();
  expect(received).toEqual([]);
  expect(endpoint.secret).toMatch(/^whsec_/);
  expect((await stripe.webhookEndpoints.list()).data[0]?.secret).toBeUndefined();
  await started.command("webhook", { url: `http://127.0.0.1:${port}/`, secret: SECRET });
});

test("requests fail on demand: refused before or after the work, limited, or with the answer lost", async () => {
  const outcome = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "done",
      (error: Stripe.errors.StripeError) => error.statusCode ?? error.type,
    );
  for (const fault of ["server_error", "rate_limit", "dropped_before", "dropped_after"])
    await started.command("faults", { fault, only: "^POST /v1/customers$" });
  const options = { idempotencyKey: "lost-answer" };
  const outcomes: unknown[] = [];
  for (let at = 0; at < 5; at++) outcomes.push(await outcome(stripe.customers.create({ name: "Lost" }, options)));
  // The client asks once more by itself where a connection it used before is gone.
  expect(outcomes.slice(0, 3)).toEqual([500, 429, "StripeConnectionError"]);
  expect(outcomes.at(-1)).toBe("done");
  // The lost answer's work was done, and the repeat found it.
  expect((await stripe.customers.list()).data.map(({ name }) => name)).toEqual(["Lost"]);
  const requests = await started.command<Logged[]>("requests");
  expect(requests.filter(({ request }) => request === "POST /v1/customers").at(-1)).toMatchObject({
    status: 200,
    replayed: true,
    idempotency_key: "lost-answer",
  });
});

test("who has no key, a wrong one or a live one is turned away", async () => {
  const ask = (key: string) =>
    fetch(`${started.url}/v1/customers`, { headers: key ? { authorization: `Bearer ${key}` } : {} });
  for (const key of ["", "sk_test_other", "sk_live_0000"]) {
    const response = await ask(key);
    expect([key, response.status]).toEqual([key, 401]);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  }
});

test("a dispute takes the money, and the bank's word ends it", async () => {
  const customer = await stripe.customers.create({ name: "Ada" });
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const intent = await stripe.paymentIntents.create({
    amount: 3_900,
    currency: "usd",
    customer: customer.id,
    payment_method: id,
    confirm: true,
    off_session: true,
  });
  const dispute = await started.command<Stripe.Dispute>("dispute", { payment_intent: intent.id });
  await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({ code: "charge_disputed" });
  await started.command("close-dispute", { dispute: dispute.id, status: "won" });
  await settled();
  expect(received.map(({ type }) => type).filter((type) => type.startsWith("charge.dispute"))).toEqual([
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
  ]);
});
