import { sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { recordAudit } from "@/features/audit/service";
import { adjustBalance } from "@/features/metering/intents/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { sha256 } from "@/lib/digest";
import { Refusal } from "@/lib/errors";
import { alone } from "../customers/service";
import { applyReversals, reversalsOf } from "../reversals/service";
import { afterCommit } from "../settlement/service";
import { ask } from "../stripe/service";
import { purchaseById } from "../top-up/queries";

/** What an operator is about to do, and the word by which it is said a second time. */
export interface Proposal {
  readonly what: string;
  /** Changes with every fact that it rests on: what was looked at is what is done, or nothing. */
  readonly confirmation: string;
}

const confirmationOf = (facts: readonly (string | number)[]): string => sha256(facts.join("\n")).slice(0, 8);

const requireReason = (reason: string): string => {
  const said = reason.trim();
  if (said.length < 5 || said.length > 300)
    throw new Refusal("invalid_request", "reason: say why, in 5 to 300 characters");
  return said;
};

interface RefundInput {
  readonly purchaseId: string;
  /** Null for all that is left to give back. */
  readonly cents: number | null;
  readonly reason: string;
}

async function refundFacts(db: Reader, ctx: Ctx, input: RefundInput) {
  const purchase = await purchaseById(db, ctx, input.purchaseId);
  if (!purchase) throw new Refusal("not_found", "This brand has no such purchase.");
  const payment = purchase.stripePaymentIntentId;
  const left = purchase.priceCents - purchase.refundedCents - purchase.disputedCents;
  const cents = input.cents ?? left;
  if (!payment || left <= 0) throw new Refusal("invalid_request", "Nothing is left of this purchase to give back.");
  if (cents < 1 || cents > left) throw new Refusal("invalid_request", `cents: 1 to ${left} can be given back`);
  const reason = requireReason(input.reason);
  const { id, refundedCents, disputedCents } = purchase;
  return {
    purchase,
    payment,
    cents,
    reason,
    confirmation: confirmationOf([id, cents, refundedCents, disputedCents, reason]),
  };
}

/** What a refund would be. @throws Refusal `not_found`, `invalid_request` */
export async function proposeRefund(ctx: Ctx, input: RefundInput): Promise<Proposal> {
  const { purchase, cents, confirmation } = await refundFacts(ctx.db, ctx, input);
  return {
    what: `give back ${cents} of ${purchase.priceCents} cents of purchase ${purchase.id}, and take back what is unspent of its ${purchase.tokensPurchased} tokens`,
    confirmation,
  };
}

/**
 * Gives money back, and takes back what is unspent of the tokens. The confirmation is that of the proposal: where
 * anything it rests on has changed since, nothing is done.
 * @throws Refusal `not_found`, `invalid_request`, `amount_changed`, `billing_unavailable`
 */
export async function refundPurchase(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: RefundInput & { readonly confirmation: string },
): Promise<{ readonly refundId: string }> {
  const answer = await alone(ctx, async (tx) => {
    const { purchase, payment, cents, reason, confirmation } = await refundFacts(tx, ctx, input);
    if (confirmation !== input.confirmation) throw changed();
    const refund = await ask((stripe) =>
      stripe.refunds.create(
        { payment_intent: payment, amount: cents, metadata: { purchase: purchase.id } },
        { idempotencyKey: `refund:${purchase.id}:${purchase.refundedCents}:${cents}` },
      ),
    );
    await recordAudit(tx, ctx, {
      action: "purchase.refund_made",
      subject: purchase.id,
      details: { cents, reason, refund: refund.id },
    });
    const reversals = await ask((stripe) => reversalsOf(stripe, payment));
    await applyReversals(tx, ctx, payment, reversals);
    return { refundId: refund.id };
  });
  await afterCommit(deps, ctx.customerId);
  return answer;
}

const changed = (): Refusal =>
  new Refusal("amount_changed", "What this rests on has changed, or it was not confirmed. Look at the proposal again.");

interface AdjustInput {
  /** Up or down, not 0. */
  readonly tokens: number;
  readonly reason: string;
}

/** The newest entry's place, so that a proposal is for one state of the books. */
async function placeOf(ctx: Ctx): Promise<string> {
  const [row] = await ctx.db.execute<{ place: string }>(sql`
    select count(*)::text as place from grant_intents where customer_id = ${ctx.customerId} and source = 'adjustment'`);
  return row?.place ?? "0";
}

/** What an adjustment would be. @throws Refusal `invalid_request` */
export async function proposeAdjustment(ctx: Ctx, input: AdjustInput): Promise<Proposal> {
  const { tokens } = input;
  if (!Number.isSafeInteger(tokens) || tokens === 0)
    throw new Refusal("invalid_request", "tokens: a whole number, not 0");
  const reason = requireReason(input.reason);
  return {
    what: `${tokens > 0 ? "give" : "take"} ${Math.abs(tokens)} tokens ${tokens > 0 ? "to" : "from"} brand ${ctx.customerId}`,
    confirmation: confirmationOf([ctx.customerId, tokens, reason, await placeOf(ctx)]),
  };
}

/**
 * Corrects a brand's live balance, once for each proposal.
 * @returns as `adjustBalance` of metering
 * @throws Refusal `invalid_request`, `amount_changed`
 */
export async function adjustTokens(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: AdjustInput & { readonly confirmation: string },
): Promise<"applied" | "refused" | "pending"> {
  const { confirmation } = await proposeAdjustment(ctx, input);
  if (confirmation !== input.confirmation) throw changed();
  const reason = requireReason(input.reason);
  return adjustBalance(ctx, deps, {
    mode: "live",
    tokens: input.tokens,
    reason,
    // The confirmation is of the books as they were: the same one does it once.
    businessKey: `adjust:${ctx.customerId}:${confirmation}`,
  });
}
