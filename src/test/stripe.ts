import type Stripe from "stripe";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { stripeIdOf } from "@/features/billing/customers/queries";
import { type InboxDeps, type Outcome, receive } from "@/features/billing/inbox/service";
import { stripe } from "@/features/billing/stripe/service";
import { env } from "@/lib/env";
import type { CustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";

/** Tests of billing on the Stripe stand-in, which vitest's set-up starts: paying at its pages, and handing its events on. */

export const inbox = (): InboxDeps => ({ metering: metering(), stripe: stripe() });
export const payerOf = (customerId: CustomerId): Ctx => ({
  db: db(),
  customerId,
  actor: { type: "system", id: "test" },
});

/** What Stripe would never let anybody do: `POST /_control/…` of the stand-in. */
export async function control(command: string, input: unknown = {}): Promise<unknown> {
  const response = await fetch(`${env().STRIPE_API_URL}/_control/${command}`, {
    method: "POST",
    body: JSON.stringify(input),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${command}: ${JSON.stringify(answer)}`);
  return answer;
}

export const CARDS = {
  good: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
} as const;

/** Fills the checkout's page in and sends it. @returns its status: 303 where it is paid */
export async function payAt(url: string, number: string = CARDS.good): Promise<number> {
  const form = { number, expiry: "12/44", cvc: "123", name: "Ada", email: "ada@shop.example", country: "US" };
  const page = await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(form) });
  return page.status;
}

const handled = new Set<string>();

/** Every event that has happened since this was asked last, the oldest first. */
export async function newEvents(): Promise<Stripe.Event[]> {
  const fresh: Stripe.Event[] = [];
  // The newest come first: what follows one that was seen was seen with it.
  for await (const event of stripe().events.list({ limit: 100 })) {
    if (handled.has(event.id)) break;
    fresh.unshift(event);
  }
  for (const { id } of fresh) handled.add(id);
  return fresh;
}

/** Hands on everything that has happened since last time. */
export async function tellAll(deps: InboxDeps = inbox()): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const event of await newEvents()) outcomes.push(await receive(deps, event));
  return outcomes;
}

/** A card on the brand's file, as a checkout leaves it. */
export async function saveCard(ctx: Ctx, token = "pm_card_visa"): Promise<string> {
  const customer = (await stripeIdOf(ctx)) ?? "";
  const card = await stripe().paymentMethods.attach(token, { customer });
  await stripe().customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  return card.id;
}
