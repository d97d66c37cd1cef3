import type Stripe from "stripe";
import type { TestCard } from "./cards";
import { charge, foresee, newIntent, type Outcome } from "./charging";
import type { SessionWish } from "./checkout-params";
import { newCustomer } from "./customers";
import { invalid } from "./failure";
import { addInvoice, finalize, intentOf, type LineWish } from "./invoices";
import { attach, newMethod } from "./methods";
import { mergedMetadata } from "./params";
import { settleIntent } from "./paying";
import { idOf, letters, newId, type SessionNotes } from "./store";
import { createSubscription, itemPrice } from "./subscriptions";
import { addTaxId } from "./tax-ids";
import type { World } from "./world";

const DAY = 86_400;
const HALF_HOUR = 1_800;

/** A Checkout page that waits for its buyer. */
export function addSession(world: World, given: SessionWish): Stripe.Checkout.Session {
  const customer = given.customer ? world.store.get("customer", given.customer, "customer") : undefined;
  const now = world.nowFor(customer?.id);
  const expires = given.expires_at ?? now + DAY;
  if (expires < now + HALF_HOUR || expires > now + DAY + 60)
    throw invalid(
      "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
      "expires_at",
    );
  if (customer && given.customer_email)
    throw invalid("You may only specify one of these parameters: customer, customer_email.", "customer");
  if (given.customer_update && !customer)
    throw invalid("`customer_update` can only be used with `customer`.", "customer_update");
  if (given.tax_id_collection?.enabled && customer && given.customer_update?.name !== "auto")
    throw invalid(
      "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.",
    );
  const recurring = given.mode === "subscription";
  if (recurring ? given.payment_intent_data || given.invoice_creation : given.subscription_data)
    throw invalid(
      recurring
        ? "You can not pass `payment_intent_data` or `invoice_creation` in `subscription` mode."
        : "You can not pass `subscription_data` in `payment` mode.",
    );
  const id = newId("checkout.session");
  const lines = given.line_items.map(({ price: priceId, quantity }, at): Stripe.LineItem => {
    const price = world.store.get("price", priceId, `line_items[${at}][price]`);
    if (!price.active)
      throw invalid(
        "The price specified is inactive. This field only accepts active prices.",
        `line_items[${at}][price]`,
      );
    if (recurring && !price.recurring)
      throw invalid("You must provide at least one recurring price in `subscription` mode when using prices.");
    if (!recurring && price.recurring)
      throw invalid(
        "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
      );
    const amount = (price.unit_amount ?? 0) * quantity;
    return {
      id: `li_${letters(24)}`,
      object: "item",
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: itemPrice(world, price, quantity).name,
      metadata: {},
      price,
      quantity,
    };
  });
  const total = lines.reduce((sum, line) => sum + line.amount_total, 0);
  world.store.notes.sessions[id] = {
    items: given.line_items,
    lines,
    subscriptionMetadata: mergedMetadata({}, given.subscription_data?.metadata),
    subscriptionDescription: given.subscription_data?.description ?? null,
    intentMetadata: mergedMetadata({}, given.payment_intent_data?.metadata),
    intentDescription: given.payment_intent_data?.description ?? null,
    receiptEmail: given.payment_intent_data?.receipt_email ?? null,
    offSession: given.payment_intent_data?.setup_future_usage === "off_session",
    updatesAddress: given.customer_update?.address === "auto",
    updatesName: given.customer_update?.name === "auto",
  };
  return world.store.add("checkout.session", {
    id,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: given.billing_address_collection ?? null,
    cancel_url: given.cancel_url ?? null,
    client_reference_id: given.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: now,
    currency: "usd",
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: customer ? null : recurring ? "always" : (given.customer_creation ?? "if_required"),
    customer_details: customer
      ? { ...NOBODY, email: customer.email, name: customer.name ?? null, tax_exempt: "none" }
      : given.customer_email
        ? { ...NOBODY, email: given.customer_email }
        : null,
    customer_email: given.customer_email ?? null,
    discounts: [],
    expires_at: expires,
    integration_identifier: null,
    invoice: null,
    invoice_creation: recurring
      ? null
      : {
          enabled: given.invoice_creation?.enabled ?? false,
          invoice_data: {
            account_tax_ids: null,
            custom_fields: null,
            description: given.invoice_creation?.invoice_data?.description ?? null,
            footer: null,
            issuer: null,
            metadata: mergedMetadata({}, given.invoice_creation?.invoice_data?.metadata),
            rendering_options: null,
          },
        },
    livemode: false,
    locale: (given.locale as Stripe.Checkout.Session.Locale | undefined) ?? null,
    managed_payments: null,
    metadata: mergedMetadata({}, given.metadata),
    mode: given.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: recurring ? (given.payment_method_collection ?? "always") : "if_required",
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: customer
      ? {
          allow_redisplay_filters: ["always"],
          payment_method_remove: "disabled",
          payment_method_save: given.saved_payment_method_options?.payment_method_save ?? null,
        }
      : null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open",
    submit_type: given.submit_type ?? null,
    subscription: null,
    success_url: given.success_url,
    tax_id_collection: {
      enabled: given.tax_id_collection?.enabled ?? false,
      required: given.tax_id_collection?.required ?? "never",
    },
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${world.url}/checkout/${id}`,
    wallet_options: null,
  });
}

const NOBODY: Stripe.Checkout.Session.CustomerDetails = {
  address: null,
  business_name: null,
  email: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: "none",
  tax_ids: [],
};

export function expireSession(world: World, session: Stripe.Checkout.Session): Stripe.Checkout.Session {
  if (session.status !== "open")
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  world.change(session, { status: "expired", url: null });
  world.emit("checkout.session.expired", session);
  return session;
}

/** What the buyer typed on the page. The number of the card has become a test card already. */
export interface Purchase {
  readonly card: TestCard;
  readonly expMonth: number;
  readonly expYear: number;
  readonly email: string;
  readonly name: string;
  readonly address: Stripe.Address;
  readonly taxId?: { type: string; value: string } | undefined;
  readonly saves: boolean;
  /** The answer to the bank's question, where it has been asked. */
  readonly authenticated: boolean;
}

/** The buyer has pressed the button. Nothing is bought unless the card pays. */
export function completeSession(world: World, session: Stripe.Checkout.Session, purchase: Purchase): Outcome {
  if (session.status !== "open") throw invalid("This Checkout Session is no longer open.");
  const notes = world.store.notes.sessions[session.id];
  if (!notes) throw invalid("This Checkout Session is not complete.");
  const now = world.nowFor(session.customer);
  const method = newMethod(world, purchase.card, {
    expMonth: purchase.expMonth,
    expYear: purchase.expYear,
    billing: { email: purchase.email, name: purchase.name, address: purchase.address },
  });
  const outcome = foresee(world, { method, offSession: false, authenticated: purchase.authenticated }, now);
  if (outcome.status === "requires_action") return outcome;
  if (outcome.status === "declined") {
    if (session.mode === "payment") charge(world, paymentFor(world, session, notes), { method, offSession: false });
    return outcome;
  }
  const customer = buyerOf(world, session, purchase, notes);
  const keeps = session.mode === "subscription" || notes.offSession || purchase.saves;
  if (customer && keeps) {
    attach(world, method, customer.id);
    world.change(method, { allow_redisplay: purchase.saves ? "always" : "limited" });
  }
  if (session.mode === "subscription" && customer) subscribe(world, session, notes, customer, method, purchase);
  else payOnce(world, session, notes, customer, method, purchase);
  world.change(session, {
    status: "complete",
    payment_status: "paid",
    url: null,
    customer: customer?.id ?? null,
    customer_details: {
      ...NOBODY,
      email: purchase.email,
      name: purchase.name,
      address: purchase.address,
      tax_ids: purchase.taxId
        ? [
            {
              type: purchase.taxId.type as Stripe.Checkout.Session.CustomerDetails.TaxId.Type,
              value: purchase.taxId.value,
            },
          ]
        : [],
    },
  });
  world.emit("checkout.session.completed", session);
  return outcome;
}

/** The session's customer, made now where there is none yet. */
function buyerOf(
  world: World,
  session: Stripe.Checkout.Session,
  purchase: Purchase,
  notes: SessionNotes,
): Stripe.Customer | undefined {
  const known = idOf(session.customer);
  let customer = known === undefined ? undefined : world.store.get("customer", known);
  if (customer) {
    world.change(
      customer,
      {
        ...(notes.updatesAddress && { address: purchase.address }),
        ...(notes.updatesName && { name: purchase.name }),
      },
      "customer.updated",
    );
  } else if (session.customer_creation === "always") {
    customer = newCustomer(world, null);
    Object.assign(customer, { email: purchase.email, name: purchase.name, address: purchase.address });
    world.store.add("customer", customer);
    world.emit("customer.created", customer);
  }
  if (customer && purchase.taxId && session.tax_id_collection?.enabled)
    addTaxId(world, customer.id, purchase.taxId.type, purchase.taxId.value);
  return customer;
}

function subscribe(
  world: World,
  session: Stripe.Checkout.Session,
  notes: SessionNotes,
  customer: Stripe.Customer,
  method: Stripe.PaymentMethod,
  { authenticated }: Purchase,
): void {
  const subscription = createSubscription(world, {
    customer,
    items: notes.items,
    method,
    behavior: "allow_incomplete",
    metadata: notes.subscriptionMetadata,
    description: notes.subscriptionDescription,
    offSession: false,
    authenticated,
    savesMethod: false,
  });
  world.change(session, { subscription: subscription.id, invoice: idOf(subscription.latest_invoice) ?? null });
}

/** The session's payment intent: there is one from the first try on. */
function paymentFor(world: World, session: Stripe.Checkout.Session, notes: SessionNotes): Stripe.PaymentIntent {
  const known = idOf(session.payment_intent);
  if (known !== undefined) return world.store.get("payment_intent", known);
  const intent = newIntent(world, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? "usd",
    customer: idOf(session.customer) ?? null,
    description: notes.intentDescription,
    metadata: notes.intentMetadata,
    receiptEmail: notes.receiptEmail,
    setupFutureUsage: notes.offSession ? "off_session" : null,
  });
  world.change(session, { payment_intent: intent.id });
  return intent;
}

function payOnce(
  world: World,
  session: Stripe.Checkout.Session,
  notes: SessionNotes,
  customer: Stripe.Customer | undefined,
  method: Stripe.PaymentMethod,
  { authenticated }: Purchase,
): void {
  if (!(session.invoice_creation?.enabled && customer)) {
    const intent = paymentFor(world, session, notes);
    if (customer) world.change(intent, { customer: customer.id });
    charge(world, intent, { method, offSession: false, authenticated });
    return;
  }
  const now = world.nowFor(customer.id);
  const data = session.invoice_creation.invoice_data;
  const invoice = addInvoice(world, {
    customer,
    reason: "manual",
    lines: notes.lines.map(
      (line): LineWish => ({
        amount: line.amount_total,
        description: line.description ?? "",
        period: { start: now, end: now },
        price: line.price,
        quantity: line.quantity ?? 1,
        proration: false,
        credited: null,
      }),
    ),
    period: { start: now, end: now },
    now,
    autoAdvance: false,
    metadata: data.metadata ?? {},
    description: data.description,
  });
  world.change(session, { invoice: invoice.id });
  finalize(world, invoice);
  const intent = intentOf(world, invoice);
  if (!intent) return;
  world.change(intent, {
    metadata: notes.intentMetadata,
    ...(notes.intentDescription !== null && { description: notes.intentDescription }),
    ...(notes.offSession && { setup_future_usage: "off_session" }),
  });
  world.change(session, { payment_intent: intent.id });
  charge(world, intent, { method, offSession: false, authenticated });
  settleIntent(world, intent);
}
