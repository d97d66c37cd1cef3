import fc from "fast-check";
import type { Stripe } from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Started, startStandIn } from "./started";

// Random lives of a subscription, and after each step: do the stand-in's books balance? A billing that is proved on it is
// only as good as they are.

let started: Started;
let stripe: Stripe;
let prices: string[] = [];
beforeAll(async () => {
  started = await startStandIn();
  stripe = started.stripe;
  const keys = ["price_starter_monthly", "price_pro_monthly", "price_enterprise_monthly"];
  const { data } = await stripe.prices.list({ lookup_keys: keys });
  prices = data.map(({ id }) => id);
}, 60_000);
afterAll(() => started.standIn.close());

const DAY = 86_400;

type Step =
  | { readonly do: "wait"; readonly seconds: number }
  | {
      readonly do: "change";
      readonly to: number;
      readonly proration: "always_invoice" | "create_prorations" | "none";
      readonly anew: boolean;
      readonly behavior: "allow_incomplete" | "error_if_incomplete" | "pending_if_incomplete";
    }
  | { readonly do: "card"; readonly token: string }
  | { readonly do: "end" | "go_on" | "pay" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), seconds: fc.integer({ min: 1, max: 40 * DAY }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("change"),
      to: fc.nat(2),
      proration: fc.constantFrom("always_invoice", "create_prorations", "none"),
      anew: fc.boolean(),
      behavior: fc.constantFrom("allow_incomplete", "error_if_incomplete", "pending_if_incomplete"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("card"),
      token: fc.constantFrom("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end", "go_on", "pay") }) },
) as fc.Arbitrary<Step>;

interface Life {
  readonly clock: string;
  readonly customer: string;
  readonly subscription: string;
}

async function take({ clock, customer, subscription: id }: Life, step: Step): Promise<void> {
  const subscription = await stripe.subscriptions.retrieve(id);
  switch (step.do) {
    case "wait": {
      const { frozen_time } = await stripe.testHelpers.testClocks.retrieve(clock);
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time: frozen_time + step.seconds });
      return;
    }
    case "card": {
      const method = await stripe.paymentMethods.attach(step.token, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
      return;
    }
    case "change":
      await stripe.subscriptions.update(id, {
        items: [{ id: subscription.items.data[0]?.id ?? "", price: prices[step.to] ?? "" }],
        proration_behavior: step.proration,
        payment_behavior: step.behavior,
        ...(step.anew && { billing_cycle_anchor: { type: "now" as const } }),
      });
      return;
    case "pay":
      await stripe.invoices.pay(String(subscription.latest_invoice));
      return;
    default:
      await stripe.subscriptions.update(id, { cancel_at_period_end: step.do === "end" });
  }
}

function expectBalanced({ clock, customer, subscription: id }: Life): void {
  const { store, world } = started.standIn;
  const invoices = store.all("invoice").filter((one) => one.customer === customer);
  const intents = store.all("payment_intent").filter((one) => one.customer === customer);
  const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
  for (const invoice of invoices) {
    expect(invoice.total).toBe(sum(invoice.lines.data.map(({ amount }) => amount)));
    if (invoice.status === "draft") continue;
    const asked = invoice.total + invoice.starting_balance;
    expect([invoice.amount_due, invoice.ending_balance]).toEqual(asked >= 50 ? [asked, 0] : [0, asked]);
    expect(invoice.amount_paid + invoice.amount_remaining).toBe(invoice.amount_due);
  }
  // What was charged is what invoices say was paid; what stays on the balance is what they left there.
  expect(sum(intents.map(({ amount_received }) => amount_received))).toBe(
    sum(invoices.map(({ amount_paid }) => amount_paid)),
  );
  const counted = invoices.filter(({ status }) => status !== "draft" && status !== "void");
  expect(store.get("customer", customer).balance).toBe(
    sum(counted.map((one) => (one.ending_balance ?? 0) - one.starting_balance)),
  );
  const subscription = store.get("subscription", id);
  if (subscription.status === "canceled") return;
  const [item] = subscription.items.data;
  expect(item?.current_period_start).toBeLessThanOrEqual(world.now(clock));
  expect(item?.current_period_end).toBeGreaterThan(world.now(clock));
}

test("whatever happens to a subscription, charges, invoices and balance agree to the cent", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.array(step, { minLength: 3, maxLength: 10 }), async (plan, steps) => {
      const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_801_393_200 });
      const customer = await stripe.customers.create({ name: "Life", test_clock: clock.id });
      const subscription = await begun(customer.id, prices[plan] ?? "");
      const life = { clock: clock.id, customer: customer.id, subscription };
      for (const one of [{ do: "wait", seconds: 1 } as const, ...steps]) {
        // A refusal is an answer: the books must balance after it too.
        await take(life, one).catch((error: Stripe.errors.StripeError) => {
          if (error.statusCode !== 400 && error.statusCode !== 402) throw error;
        });
        expectBalanced(life);
      }
      await stripe.testHelpers.testClocks.del(clock.id);
    }),
    { numRuns: Number(process.env.BOOKS_RUNS ?? 20) },
  );
}, 600_000);

async function begun(customer: string, price: string): Promise<string> {
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  return (await stripe.subscriptions.create({ customer, items: [{ price }] })).id;
}
