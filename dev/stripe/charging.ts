import type Stripe from "stripe";
import { type Decline, EXPIRED } from "./cards";
import { openDispute } from "./disputes";
import { StripeFailure } from "./failure";
import { cardOf, hasExpired } from "./methods";
import { idOf, letters, newId } from "./store";
import type { World } from "./world";

export interface IntentWishes {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
  readonly receiptEmail?: string | null;
  readonly setupFutureUsage?: "off_session" | "on_session" | null;
  /** The invoice it pays. */
  readonly invoice?: string;
}

/** A payment intent that waits for a payment method. */
export function newIntent(world: World, wishes: IntentWishes): Stripe.PaymentIntent {
  const id = newId("payment_intent");
  const intent: Stripe.PaymentIntent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: wishes.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${letters(24)}`,
    confirmation_method: "automatic",
    created: world.nowFor(wishes.customer),
    currency: wishes.currency,
    customer: wishes.customer,
    customer_account: null,
    description: wishes.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: wishes.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: wishes.receiptEmail ?? null,
    review: null,
    setup_future_usage: wishes.setupFutureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
  if (wishes.invoice) world.store.notes.paysInvoice[id] = wishes.invoice;
  world.store.add("payment_intent", intent);
  world.emit("payment_intent.created", intent);
  return intent;
}

export interface Attempt {
  readonly method: Stripe.PaymentMethod;
  /** The buyer is not there, so nobody can answer a 3-D Secure question. */
  readonly offSession: boolean;
  /** The buyer has just answered it. */
  readonly authenticated?: boolean;
  readonly returnUrl?: string | undefined;
}

export type Outcome =
  | { readonly status: "succeeded" }
  | { readonly status: "requires_action" }
  | { readonly status: "declined"; readonly decline: Decline };

const AUTHENTICATION: Decline = {
  code: "authentication_required",
  decline_code: "authentication_required",
  message: "Your card was declined. This transaction requires authentication.",
};

/** What would come of charging a card now. */
export function foresee(world: World, attempt: Attempt, now: number): Outcome {
  const { method } = attempt;
  const card = cardOf(world, method);
  if (hasExpired(method, now)) return { status: "declined", decline: EXPIRED };
  const asks =
    card.authentication === "always" ||
    (card.authentication === "unless_set_up" && !(attempt.offSession && world.store.notes.setUp[method.id])) ||
    (card.authentication === "done" && !attempt.offSession);
  if (asks && !attempt.authenticated)
    return attempt.offSession ? { status: "declined", decline: AUTHENTICATION } : { status: "requires_action" };
  return card.declines ? { status: "declined", decline: card.declines } : { status: "succeeded" };
}

/** Charges a payment intent: the intent, its charge and their events tell how it went. */
export function charge(world: World, intent: Stripe.PaymentIntent, attempt: Attempt): Outcome {
  const { method } = attempt;
  const outcome = foresee(world, attempt, world.nowFor(intent.customer));
  if (outcome.status === "requires_action") {
    world.change(intent, {
      status: "requires_action",
      payment_method: method.id,
      last_payment_error: null,
      next_action: attempt.returnUrl
        ? {
            type: "redirect_to_url",
            redirect_to_url: { return_url: attempt.returnUrl, url: `${world.url}/authenticate/${intent.id}` },
          }
        : { type: "use_stripe_sdk", use_stripe_sdk: {} },
    });
    world.emit("payment_intent.requires_action", intent);
    return outcome;
  }
  const made = addCharge(world, intent, attempt, outcome);
  if (outcome.status === "succeeded") {
    if (intent.setup_future_usage === "off_session") world.store.notes.setUp[method.id] = true;
    world.emit("charge.succeeded", made);
    world.change(intent, {
      status: "succeeded",
      amount_received: intent.amount,
      latest_charge: made.id,
      payment_method: method.id,
      last_payment_error: null,
      next_action: null,
    });
    world.emit("payment_intent.succeeded", intent);
    if (cardOf(world, method).disputes) openDispute(world, made, "fraudulent");
    return outcome;
  }
  world.emit("charge.failed", made);
  world.change(intent, {
    status: "requires_payment_method",
    latest_charge: made.id,
    payment_method: null,
    next_action: null,
    last_payment_error: {
      charge: made.id,
      code: outcome.decline.code as Stripe.PaymentIntent.LastPaymentError.Code,
      decline_code: outcome.decline.decline_code,
      message: outcome.decline.message,
      payment_method: method,
      type: "card_error",
    },
  });
  world.emit("payment_intent.payment_failed", intent);
  return outcome;
}

function addCharge(
  world: World,
  intent: Stripe.PaymentIntent,
  { method, authenticated }: Attempt,
  outcome: Exclude<Outcome, { status: "requires_action" }>,
): Stripe.Charge {
  const paid = outcome.status === "succeeded";
  const decline = outcome.status === "declined" ? outcome.decline : undefined;
  const id = newId("charge");
  const { card } = method;
  return world.store.add("charge", {
    id,
    object: "charge",
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: "VARAI CONNECTED APPS",
    captured: paid,
    created: world.nowFor(intent.customer),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: paid ? "approved_by_network" : "declined_by_network",
      reason: decline?.decline_code ?? null,
      risk_level: "normal",
      risk_score: 20,
      seller_message: paid ? "Payment complete." : "The bank returned a decline.",
      type: paid ? "authorized" : "issuer_declined",
    },
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: {
      type: "card",
      card: {
        amount_authorized: paid ? intent.amount : null,
        authorization_code: null,
        brand: card?.brand ?? null,
        checks: card?.checks ?? null,
        country: card?.country ?? null,
        electronic_commerce_indicator: null,
        exp_month: card?.exp_month ?? 12,
        exp_year: card?.exp_year ?? 2099,
        fingerprint: card?.fingerprint ?? null,
        funding: card?.funding ?? null,
        installments: null,
        last4: card?.last4 ?? null,
        mandate: null,
        network: card?.brand ?? null,
        network_transaction_id: null,
        regulated_status: "unregulated",
        three_d_secure: authenticated
          ? {
              authentication_flow: "challenge",
              electronic_commerce_indicator: "05",
              exemption_indicator: null,
              result: "authenticated",
              result_reason: null,
              transaction_id: null,
              version: "2.2.0",
            }
          : null,
        transaction_link_id: null,
        wallet: null,
      },
    },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: paid ? `${world.url}/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: paid ? "succeeded" : "failed",
    transfer_data: null,
    transfer_group: null,
  });
}

/** The error Stripe answers with when the card was refused. */
export function cardFailure(
  intent: Stripe.PaymentIntent | undefined,
  { decline }: { decline: Decline },
): StripeFailure {
  return new StripeFailure(402, "card_error", decline.message, {
    code: decline.code,
    decline_code: decline.decline_code,
    ...(intent && {
      payment_intent: intent,
      ...(idOf(intent.latest_charge) && { charge: idOf(intent.latest_charge) }),
      ...(intent.last_payment_error?.payment_method && { payment_method: intent.last_payment_error.payment_method }),
    }),
  });
}
