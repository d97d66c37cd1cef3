import { and, asc, eq, lte, sql } from "drizzle-orm";
import type Stripe from "stripe";
import { stripeEvents } from "@/db/schema/billing";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import type { CustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { brandOf } from "../customers/queries";
import { lockBrand, nextRevision } from "../customers/service";
import { chargeDisputeClosed } from "../events/charge-dispute-closed";
import { chargeDisputeCreated } from "../events/charge-dispute-created";
import { chargeDisputeFundsReinstated } from "../events/charge-dispute-funds-reinstated";
import { chargeDisputeFundsWithdrawn } from "../events/charge-dispute-funds-withdrawn";
import { chargeDisputeUpdated } from "../events/charge-dispute-updated";
import { chargeRefunded } from "../events/charge-refunded";
import { checkoutSessionAsyncPaymentSucceeded } from "../events/checkout-session-async-payment-succeeded";
import { checkoutSessionCompleted } from "../events/checkout-session-completed";
import { customerSubscriptionCreated } from "../events/customer-subscription-created";
import { customerSubscriptionDeleted } from "../events/customer-subscription-deleted";
import { customerSubscriptionPaused } from "../events/customer-subscription-paused";
import { customerSubscriptionPendingUpdateApplied } from "../events/customer-subscription-pending-update-applied";
import { customerSubscriptionPendingUpdateExpired } from "../events/customer-subscription-pending-update-expired";
import { customerSubscriptionResumed } from "../events/customer-subscription-resumed";
import { customerSubscriptionUpdated } from "../events/customer-subscription-updated";
import { invoicePaid } from "../events/invoice-paid";
import { invoicePaymentActionRequired } from "../events/invoice-payment-action-required";
import { invoicePaymentFailed } from "../events/invoice-payment-failed";
import { invoiceUpcoming } from "../events/invoice-upcoming";
import { paymentIntentCanceled } from "../events/payment-intent-canceled";
import { paymentIntentPaymentFailed } from "../events/payment-intent-payment-failed";
import { paymentIntentSucceeded } from "../events/payment-intent-succeeded";
import { refundCreated } from "../events/refund-created";
import { refundFailed } from "../events/refund-failed";
import { refundUpdated } from "../events/refund-updated";
import { NotYet } from "../reversals/service";
import { afterCommit } from "../settlement/service";
import { type Handler, isLive } from "../stripe/service";

/** One handler for each event that concerns us; all others are kept and otherwise ignored. */
const HANDLERS: { readonly [type in Stripe.Event.Type]?: Handler } = {
  "charge.dispute.closed": chargeDisputeClosed,
  "charge.dispute.created": chargeDisputeCreated,
  "charge.dispute.funds_reinstated": chargeDisputeFundsReinstated,
  "charge.dispute.funds_withdrawn": chargeDisputeFundsWithdrawn,
  "charge.dispute.updated": chargeDisputeUpdated,
  "charge.refunded": chargeRefunded,
  "checkout.session.async_payment_succeeded": checkoutSessionAsyncPaymentSucceeded,
  "checkout.session.completed": checkoutSessionCompleted,
  "customer.subscription.created": customerSubscriptionCreated,
  "customer.subscription.deleted": customerSubscriptionDeleted,
  "customer.subscription.paused": customerSubscriptionPaused,
  "customer.subscription.pending_update_applied": customerSubscriptionPendingUpdateApplied,
  "customer.subscription.pending_update_expired": customerSubscriptionPendingUpdateExpired,
  "customer.subscription.resumed": customerSubscriptionResumed,
  "customer.subscription.updated": customerSubscriptionUpdated,
  "invoice.paid": invoicePaid,
  "invoice.payment_action_required": invoicePaymentActionRequired,
  "invoice.payment_failed": invoicePaymentFailed,
  "invoice.upcoming": invoiceUpcoming,
  "payment_intent.canceled": paymentIntentCanceled,
  "payment_intent.payment_failed": paymentIntentPaymentFailed,
  "payment_intent.succeeded": paymentIntentSucceeded,
  "refund.created": refundCreated,
  "refund.failed": refundFailed,
  "refund.updated": refundUpdated,
};

/** What concerns us. */
export const KNOWN_TYPES: readonly string[] = Object.keys(HANDLERS);

/** What the inbox needs. */
export interface InboxDeps {
  readonly metering: ReconcileDeps;
  readonly stripe: Stripe;
  /** Called between its steps; tests crash and interleave there. */
  readonly between?: (point: "read" | "kept" | "applied" | "committed") => Promise<void> | void;
}

/** `again`: it had been dealt with before. `failed`: it is kept, and tried again by the job. */
export type Outcome = "done" | "ignored" | "again" | "failed";

/** How often an event is read anew because something newer was learnt while Stripe was asked. */
const READS = 20;
/** After the n-th failure: 2ⁿ seconds, at most an hour. After this many it waits for a person. */
const MOST_ATTEMPTS = 24;
const waitOf = (attempts: number): number => Math.min(2 ** attempts, 3_600);

/**
 * Deals with one event of Stripe's, whose signature has been checked: once, whatever comes twice, late or out of order.
 * The row that marks it as dealt with and all of its effect are one transaction.
 * @throws where even the inbox cannot be written; Stripe will send it again
 */
export async function receive(deps: InboxDeps, event: Stripe.Event): Promise<Outcome> {
  const { db } = deps.metering;
  const [before] = await db.select().from(stripeEvents).where(eq(stripeEvents.id, event.id));
  if (before && before.status !== "failed") return "again";
  const handler = HANDLERS[event.type];
  if (!handler || event.livemode !== isLive()) return keep(deps, event, "ignored");
  try {
    const { outcome, customerId } = await handle(deps, event, handler);
    if (customerId) {
      await deps.between?.("committed");
      await afterCommit(deps.metering, customerId);
    }
    return outcome;
  } catch (error) {
    logger.warn({ err: error, event: event.id, type: event.type }, "an event of Stripe's has to be tried again");
    return keep(deps, event, "failed", error);
  }
}

/** Keeps an event without an effect: one of no concern, or one to be tried again. */
async function keep(
  deps: InboxDeps,
  event: Stripe.Event,
  status: "ignored" | "failed",
  error?: unknown,
): Promise<Outcome> {
  const failed = status === "failed";
  const wait = (attempts: number) => new Date(Date.now() + waitOf(attempts) * 1_000);
  const [row] = await deps.metering.db
    .insert(stripeEvents)
    .values({
      ...rowOf(event),
      status,
      payload: failed ? event : null,
      error: failed ? String(error instanceof Error ? error.message : error).slice(0, 500) : null,
      nextAttemptAt: failed ? wait(1) : null,
    })
    .onConflictDoUpdate({
      target: stripeEvents.id,
      set: {
        // One that could not be read before, and turns out to be of no concern, is at its end.
        status,
        payload: sql`excluded.payload`,
        attempts: sql`${stripeEvents.attempts} + 1`,
        error: sql`excluded.error`,
        nextAttemptAt: failed
          ? sql`case when ${stripeEvents.attempts} < ${MOST_ATTEMPTS}
              then now() + least(power(2, ${stripeEvents.attempts} + 1), 3600) * interval '1 second' end`
          : null,
      },
      // Whoever dealt with it meanwhile is right.
      setWhere: eq(stripeEvents.status, "failed"),
    })
    .returning({ status: stripeEvents.status });
  return row ? status : "again";
}

const rowOf = (event: Stripe.Event) => {
  const object = event.data.object as { readonly id?: unknown };
  return {
    id: event.id,
    type: event.type,
    objectId: typeof object.id === "string" ? object.id : null,
    livemode: event.livemode,
    createdAt: new Date(event.created * 1_000),
  };
};

/** The customer that an event names, where it names one. */
function customerIn(event: Stripe.Event): string | null {
  const { customer } = event.data.object as { readonly customer?: unknown };
  return typeof customer === "string" ? customer : null;
}

/**
 * Reads what the event is about as it is now, and applies it. The brand's revision is read before Stripe is asked: where
 * it has moved when the answer is to be written, something newer may have been learnt meanwhile, and Stripe is asked anew.
 */
async function handle(
  deps: InboxDeps,
  event: Stripe.Event,
  handler: Handler,
): Promise<{ readonly outcome: Outcome; readonly customerId: CustomerId | null }> {
  const { db } = deps.metering;
  let customer = customerIn(event);
  for (let read = 0; read < READS; read++) {
    const before = customer ? await brandOf(db, customer) : null;
    const reading = await handler(deps.stripe, event);
    if (!reading) return { outcome: await keep(deps, event, "ignored"), customerId: null };
    await deps.between?.("read");
    if (!before && customer !== reading.customer) {
      // Only now is it known whose it is: once more, with the revision first.
      customer = reading.customer;
      continue;
    }
    if (!before) throw new NotYet("The customer is not known here");
    const outcome = await db
      .transaction(async (tx): Promise<Outcome | "overtaken"> => {
        const [mine] = await tx
          .insert(stripeEvents)
          .values({ ...rowOf(event), status: "done", customerId: before.customerId, processedAt: new Date() })
          .onConflictDoUpdate({
            target: stripeEvents.id,
            set: { status: "done", payload: null, error: null, nextAttemptAt: null, processedAt: new Date() },
            setWhere: eq(stripeEvents.status, "failed"),
          })
          .returning({ id: stripeEvents.id });
        if (!mine) return "again";
        await deps.between?.("kept");
        const revision = await lockBrand(tx, before.customerId);
        if (reading.fenced && revision !== before.revision) throw new Overtaken();
        await reading.apply(tx, { customerId: before.customerId, actor: { type: "system", id: "stripe" } });
        if (reading.fenced) await nextRevision(tx, before.customerId);
        await deps.between?.("applied");
        return "done";
      })
      .catch((error: unknown) => {
        if (error instanceof Overtaken) return "overtaken" as const;
        throw error;
      });
    if (outcome !== "overtaken") return { outcome, customerId: before.customerId };
  }
  throw new Error("Something newer came each time Stripe was asked");
}

class Overtaken extends Error {}

/** How many events one run of the job takes up. */
const AT_ONCE = 100;

/** Tries again what has failed and is due. @returns how many there were, and how many are dealt with now */
export async function retryFailed(deps: InboxDeps, now = new Date()): Promise<{ tried: number; done: number }> {
  const due = await deps.metering.db
    .select({ payload: stripeEvents.payload })
    .from(stripeEvents)
    .where(and(eq(stripeEvents.status, "failed"), lte(stripeEvents.nextAttemptAt, now)))
    .orderBy(asc(stripeEvents.createdAt))
    .limit(AT_ONCE);
  let done = 0;
  for (const { payload } of due) {
    if (payload && (await receive(deps, payload as Stripe.Event)) !== "failed") done++;
  }
  return { tried: due.length, done };
}
