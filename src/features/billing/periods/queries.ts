import { eq } from "drizzle-orm";
import type Stripe from "stripe";
import { customerBilling } from "@/db/schema/plans";
import { queueBillingMail } from "../mail/service";
import { planFor } from "../prices/queries";
import { recordStanding } from "../standing/service";
import { idOf, momentOf, type Reading } from "../stripe/service";
import { readInvoice, recordPaidInvoice, subscriptionOfInvoice, tellConfirmation, tellPaymentFailed } from "./service";

async function withSubscription(stripe: Stripe, invoice: Stripe.Invoice) {
  const customer = idOf(invoice.customer);
  const subscriptionId = subscriptionOfInvoice(invoice);
  if (!customer || !subscriptionId) return null;
  return { customer, subscription: await stripe.subscriptions.retrieve(subscriptionId) };
}

/** A paid invoice and how its subscription stands now, and that both be written down. */
export async function readPaidInvoice(stripe: Stripe, id: string): Promise<Reading | null> {
  const priced = await readInvoice(stripe, id);
  const found = await withSubscription(stripe, priced.invoice);
  if (!found) return null;
  return {
    customer: found.customer,
    fenced: true,
    apply: async (tx, scope) => {
      await recordPaidInvoice(tx, scope, priced, found.subscription);
      await recordStanding(tx, scope, found.subscription);
    },
  };
}

/** An invoice that was not paid and how its subscription stands now; people are told what they can do. */
export async function readLateInvoice(stripe: Stripe, id: string): Promise<Reading | null> {
  const priced = await readInvoice(stripe, id);
  const found = await withSubscription(stripe, priced.invoice);
  if (!found) return null;
  return {
    customer: found.customer,
    fenced: true,
    apply: async (tx, scope) => {
      await recordStanding(tx, scope, found.subscription);
      const { pending_update: waiting, latest_invoice: latest } = found.subscription;
      if (waiting && idOf(latest) === priced.invoice.id) {
        // Nothing is late: the present plan goes on, and the higher one begins once this is confirmed.
        return tellConfirmation(tx, scope, priced, momentOf(waiting.expires_at));
      }
      const [row] = await tx.select().from(customerBilling).where(eq(customerBilling.customerId, scope.customerId));
      // Of a subscription that never began nothing is late: whoever tries it at the checkout is told there.
      if (row?.stripeSubscriptionId === found.subscription.id)
        await tellPaymentFailed(tx, scope, priced, row.graceUntil);
    },
  };
}

/**
 * An invoice that is to come: it has no id, so what the event says is all there is.
 * @param said when; told in a later period, it is of a renewal that has been
 */
export async function readUpcoming(stripe: Stripe, upcoming: Stripe.Invoice, said: number): Promise<Reading | null> {
  const found = await withSubscription(stripe, upcoming);
  if (!found) return null;
  const { subscription } = found;
  const [item] = subscription.items.data;
  return {
    customer: found.customer,
    fenced: false,
    apply: async (tx, scope) => {
      const plan = await planFor(tx, item?.price);
      if (item && said < item.current_period_start) return;
      if (!plan || !item || subscription.status !== "active" || subscription.cancel_at_period_end) return;
      await queueBillingMail(tx, scope.customerId, `${subscription.id}:${item.current_period_end}`, {
        kind: "renewal_ahead",
        plan: plan.name,
        amount: upcoming.amount_due,
        currency: upcoming.currency,
        renews_at: momentOf(item.current_period_end).toISOString(),
        tokens: plan.tokensPerMonth === -1 ? null : plan.tokensPerMonth,
        card: null,
      });
    },
  };
}
