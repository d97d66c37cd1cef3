import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { subscriptionOf } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import type { CustomerId } from "@/lib/ids";
import type { PaymentMethodView } from "../contract";
import { stripeIdOf } from "../customers/queries";
import { queueBillingMail } from "../mail/service";
import { paymentMethodsOf } from "./queries";

/** A brand whose customer is gone at Stripe has no card; that is a finding of the comparison, and no failure here. */
function noneThere(error: unknown): PaymentMethodView[] {
  if (error instanceof Refusal && error.code === "not_found") return [];
  throw error;
}

/** Tells a brand whose subscription renews with a card that is about to expire; once for each card and end. */
export async function tellExpiringCard(
  { db }: Pick<ReconcileDeps, "db">,
  customerId: CustomerId,
  now = new Date(),
): Promise<void> {
  const ctx: Ctx = { db, customerId, actor: { type: "system", id: "cards" } };
  const row = await subscriptionOf(ctx);
  if (!row?.stripeSubscriptionId || row.cancelAtPeriodEnd) return;
  if (row.status !== "active" && row.status !== "past_due") return;
  const customer = await stripeIdOf(ctx);
  if (!customer) return;
  const cards = await paymentMethodsOf(ctx, customer, now).catch(noneThere);
  const card = cards.find((one) => one.isDefault && one.expiresSoon);
  if (!card) return;
  await db.transaction((tx) =>
    queueBillingMail(tx, customerId, `${card.id}:${card.expYear}-${card.expMonth}`, {
      kind: "card_expiring",
      card: { brand: card.brand, last4: card.last4 },
      month: card.expMonth,
      year: card.expYear,
      next_charge_at: row.billingCycleEnd?.toISOString() ?? null,
    }),
  );
}
