import { beforeAll, expect, test, vi } from "vitest";
import { ROUTES } from "../api";
import { StandIn } from "../server";
import { clientOf, startStandIn } from "../started";
import { NotOfficial, OfficialTypes } from "./witness";

const official = new OfficialTypes();
const REFUND = {
  id: "re_1",
  object: "refund",
  amount: 900,
  balance_transaction: null,
  charge: "ch_1",
  created: 1_795_000_000,
  currency: "usd",
  customer: null,
  customer_account: null,
  metadata: {},
  payment_intent: null,
  payment_method: null,
  reason: null,
  receipt_number: null,
  source_transfer_reversal: null,
  status: "succeeded",
  transfer_reversal: null,
};
const refusal = (thing: object): string => {
  try {
    official.hold("here", thing);
  } catch (error) {
    if (error instanceof NotOfficial) return error.message;
    throw error;
  }
  return "";
};

// The schemas are made from the SDK's types where this machine has not done so yet.
beforeAll(() => official.hold("first", REFUND), 60_000);

test("an answer that is Stripe's passes", () => {
  expect(refusal(REFUND)).toBe("");
});

test("a planted field, a missing one, a wrong type and an unknown value are found", () => {
  expect(refusal({ ...REFUND, refund_reason: "none" })).toContain("refund_reason");
  const { charge: _, ...without } = REFUND;
  expect(refusal(without)).toContain("charge");
  expect(refusal({ ...REFUND, amount: "900" })).toContain("#/amount");
  expect(refusal({ ...REFUND, reason: "did_not_like_it" })).toContain("#/reason");
  expect(refusal({ ...REFUND, object: "re" })).toContain("nobody said");
});

test("an event is held to its own type", () => {
  const event = {
    id: "evt_1",
    object: "event",
    api_version: "2026-10-28.endive",
    created: 1_795_000_000,
    data: { object: REFUND },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: "refund.created",
  };
  expect(refusal(event)).toBe("");
  expect(refusal({ ...event, data: { object: { ...REFUND, object: "charge" } } })).toContain("#/data/object/object");
  expect(refusal({ ...event, data: { object: REFUND, previous_attributes: { colour: "red" } } })).toContain("colour");
  expect(refusal({ ...event, type: "refund.invented" })).toContain("no schema");
});

test("an answer that goes wrong stops the request that caused it", async () => {
  const { standIn, stripe } = await startStandIn();
  const customer = await stripe.customers.create({ name: "Ada" });
  vi.spyOn(console, "error").mockImplementationOnce(() => {});
  Object.assign(standIn.store.get("customer", customer.id), { shoe_size: 43 });
  await expect(stripe.customers.retrieve(customer.id)).rejects.toThrow(/shoe_size/);
  await standIn.close();
});

test("what a request may hold is part of the SDK's type for it", () => {
  const create = ROUTES.find(({ path, method }) => path === "/v1/refunds" && method === "POST");
  if (!create) throw new Error("There are no refunds");
  official.asked(create, { payment_intent: "pi_1", amount: 900 });
  expect(() => official.asked(create, { payment_intent: "pi_1", sum: 900 })).toThrow(/sum/);
});

test("without a witness the same answers go out unchecked, as in npm run dev", async () => {
  const standIn = new StandIn({ secretKey: "sk_test_plain" });
  const stripe = clientOf(await standIn.listen(), "sk_test_plain");
  expect((await stripe.prices.list({ limit: 1 })).has_more).toBe(true);
  await standIn.close();
});
