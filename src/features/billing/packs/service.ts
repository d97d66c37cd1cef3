import { and, eq } from "drizzle-orm";
import type Stripe from "stripe";
import type { Ctx } from "@/db/context";
import { tokenPurchases } from "@/db/schema/billing";
import { recordAudit } from "@/features/audit/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { findPack } from "@/features/plans/queries";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import type { BuyPackInput, BuyPackOutput } from "../contract";
import { alone, ensureStripeCustomer } from "../customers/service";
import { cardToCharge } from "../methods/queries";
import type { PackMetadata } from "../payments/service";
import { recordPayment } from "../payments/service";
import { failPurchase, type Purchase } from "../purchases/service";
import { afterCommit } from "../settlement/service";
import { declineOf, idOf, isRefusedByStripe, refusalOf, stripe } from "../stripe/service";
import { recordTopUp } from "../top-up/service";

/** A payment that was begun, and what became of it as far as it is known. */
export type Charged =
  | { readonly state: "completed" | "pending" }
  | { readonly state: "action_required"; readonly url: string | null }
  | { readonly state: "failed"; readonly failure: string };

/**
 * Buys a pack with the card on file. The same attempt buys once, however often it is sent and whatever is lost on the
 * way: the purchase is written down before the card is asked, and Stripe is asked under its name.
 * @throws Refusal `not_found` for a pack that is not sold, `payment_failed` where there is no card, `billing_unavailable`
 */
export async function buyPack(ctx: Ctx, deps: ReconcileDeps, input: BuyPackInput): Promise<BuyPackOutput> {
  const customer = await ensureStripeCustomer(ctx);
  await beginPurchase(ctx, { id: input.attempt, packId: input.packId, origin: "card" });
  const charged = await charge(ctx, deps, { customer, purchaseId: input.attempt, present: true });
  return {
    purchaseId: input.attempt,
    status: charged.state,
    url: charged.state === "action_required" ? charged.url : null,
    failure: charged.state === "failed" ? charged.failure : null,
  };
}

/** Writes a purchase down before its card is asked. One that is there already is left as it is. */
async function beginPurchase(
  ctx: Ctx,
  input: { readonly id: string; readonly packId: string; readonly origin: "card" },
): Promise<void> {
  const pack = await findPack(ctx.db, input.packId);
  if (!pack?.isActive) throw new Refusal("not_found", "There is no pack with this id.");
  await ctx.db.transaction(async (tx) => {
    const [made] = await tx
      .insert(tokenPurchases)
      .values({
        id: input.id,
        customerId: ctx.customerId,
        kind: "pack",
        origin: input.origin,
        packId: pack.id,
        tokensPurchased: pack.tokens,
        priceCents: pack.priceCents,
      })
      .onConflictDoNothing()
      .returning({ id: tokenPurchases.id });
    if (made) {
      await recordAudit(tx, ctx, { action: "purchase.begun", subject: input.id, details: { packId: pack.id } });
      return;
    }
    const [there] = await tx
      .select({ packId: tokenPurchases.packId })
      .from(tokenPurchases)
      .where(and(eq(tokenPurchases.customerId, ctx.customerId), eq(tokenPurchases.id, input.id)));
    if (!there) throw new Refusal("not_found", "There is no such purchase.");
    if (there.packId !== pack.id) {
      throw new Refusal("idempotency_key_reused", "This attempt was made for another pack. Make a new one.");
    }
  });
}

/**
 * Asks the card for a purchase that was begun, or learns what became of it. Safe to repeat: Stripe takes one payment by
 * the purchase's name, and what is lost on the way is found again by it.
 * @param input.present whether somebody is there to confirm the payment at their bank
 */
export async function charge(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: { readonly customer: string; readonly purchaseId: string; readonly present: boolean },
): Promise<Charged> {
  const [row] = await ctx.db
    .select()
    .from(tokenPurchases)
    .where(and(eq(tokenPurchases.customerId, ctx.customerId), eq(tokenPurchases.id, input.purchaseId)));
  if (!row?.packId) throw new Error("The purchase was not begun");
  if (row.status === "completed" || row.status === "refunded") return { state: "completed" };
  if (row.status === "failed") return { state: "failed", failure: row.failure ?? "The payment failed." };
  const metadata: PackMetadata = {
    brand: ctx.customerId,
    pack: row.packId,
    tokens: String(row.tokensPurchased),
    origin: row.origin === "top_up" ? "top_up" : "card",
    purchase: row.id,
  };
  let intent: Stripe.PaymentIntent | null;
  try {
    intent =
      (await begunPayment(input.customer, row)) ??
      (await stripe().paymentIntents.create(
        {
          amount: row.priceCents,
          currency: "usd",
          customer: input.customer,
          payment_method: await cardToCharge(ctx, input.customer),
          allowed_payment_method_types: ["card"],
          confirm: true,
          description: `Pack of ${row.tokensPurchased.toLocaleString("en-US")} tokens`,
          metadata,
          expand: ["latest_charge"],
          ...(input.present ? { return_url: `${env().AUTH_URL}/billing?purchase=${row.id}` } : { off_session: true }),
        },
        { idempotencyKey: `pack:${row.id}` },
      ));
  } catch (error) {
    const decline = declineOf(error);
    if (decline) return failed(ctx, row, decline.message);
    // Another card under the same name: the first request has arrived, and its payment says what became of it.
    if (isIdempotencyError(error)) intent = await findPayment(input.customer, row.id);
    else if (error instanceof Refusal && error.code === "payment_failed") return failed(ctx, row, error.message);
    else if (isRefusedByStripe(error)) return failed(ctx, row, "The payment was not taken.");
    // Stripe is away: nothing is known, so nothing has failed. Whoever asks again goes on with the same payment.
    else throw refusalOf(error);
    if (!intent) return { state: "pending" };
  }
  const known = intent;
  await alone(ctx, (tx) => recordPayment(tx, ctx, known));
  if (known.status === "succeeded") {
    await afterCommit(deps, ctx.customerId);
    return { state: "completed" };
  }
  if (known.status === "requires_action") {
    return { state: "action_required", url: known.next_action?.redirect_to_url?.url ?? null };
  }
  if (known.status === "requires_payment_method" || known.status === "canceled") {
    return { state: "failed", failure: known.last_payment_error?.message ?? "The payment was not completed." };
  }
  return { state: "pending" };
}

const isIdempotencyError = (error: unknown): boolean =>
  error instanceof Error && "type" in error && error.type === "StripeIdempotencyError";

/** Ends the purchase, and in the same transaction the top-ups that would ask the card again. */
async function failed(ctx: Ctx, { id, origin }: Purchase, failure: string): Promise<Charged> {
  await ctx.db.transaction(async (tx) => {
    if ((await failPurchase(tx, ctx, id, failure)) && origin === "top_up") await recordTopUp(tx, ctx, id, { failure });
  });
  return { state: "failed", failure };
}

/** Stripe keeps a request's name for a day: after half of one, the payment is looked for before it is asked for. */
const NAMED_FOR_MS = 12 * 60 * 60 * 1_000;

async function begunPayment(
  customer: string,
  row: { readonly id: string; readonly createdAt: Date },
): Promise<Stripe.PaymentIntent | null> {
  return Date.now() - row.createdAt.getTime() < NAMED_FOR_MS ? null : findPayment(customer, row.id);
}

/** The payment that carries a purchase's name. */
async function findPayment(customer: string, purchaseId: string): Promise<Stripe.PaymentIntent | null> {
  for await (const intent of stripe().paymentIntents.list({ customer, limit: 100, expand: ["data.latest_charge"] })) {
    if (intent.metadata.purchase === purchaseId && idOf(intent.customer) === customer) return intent;
  }
  return null;
}
