import { inArray } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { customerBilling } from "@/db/schema/plans";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";
import type { PaymentMethodView } from "../contract";
import { stripeIdOf } from "../customers/queries";
import { queueBillingMail } from "../mail/service";
import { paymentMethodsOf } from "./queries";

/** One brand whose customer is gone at Stripe must not keep the others from being told. */
function noneThere(error: unknown): PaymentMethodView[] {
  if (error instanceof Refusal && error.code === "not_found") return [];
  throw error;
}

/** Tells each brand whose subscription renews with a card that is about to expire; once for each card and end. */
export async function tellExpiringCards(deps: Pick<ReconcileDeps, "db">, now = new Date()): Promise<void> {
  const rows = await deps.db
    .select()
    .from(customerBilling)
    .where(inArray(customerBilling.status, ["active", "past_due"]));
  for (const row of rows) {
    const ctx: Ctx = {
      db: deps.db,
      customerId: mintCustomerId(row.customerId),
      actor: { type: "system", id: "cards" },
    };
    const customer = row.stripeSubscriptionId && !row.cancelAtPeriodEnd ? await stripeIdOf(ctx) : null;
    if (!customer) continue;
    const cards = await paymentMethodsOf(ctx, customer, now).catch(noneThere);
    const card = cards.find((one) => one.isDefault && one.expiresSoon);
    if (!card) continue;
    await deps.db.transaction((tx) =>
      queueBillingMail(tx, ctx.customerId, `${card.id}:${card.expYear}-${card.expMonth}`, {
        kind: "card_expiring",
        card: { brand: card.brand, last4: card.last4 },
        month: card.expMonth,
        year: card.expYear,
        next_charge_at: row.billingCycleEnd?.toISOString() ?? null,
      }),
    );
  }
}
