import Stripe from "stripe";
import type { Tx } from "@/db/client";
import type { Scope } from "@/lib/context";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { logger } from "@/lib/logger";

let made: Stripe | undefined;

/** Whether a payment provider is set up. */
export const isConfigured = (): boolean => env().STRIPE_SECRET_KEY !== undefined;

/** Whether the key is of Stripe's live mode: events of the other mode are not ours. */
export const isLive = (): boolean => /^(?:sk|rk)_live_/.test(env().STRIPE_SECRET_KEY ?? "");

/** How long one request to Stripe may take, ms; it is sent again twice, under the same idempotency key. */
const PATIENCE_MS = 10_000;

/**
 * Stripe, by the official client.
 * @throws Refusal `billing_unavailable` where no key is set
 */
export function stripe(): Stripe {
  if (made) return made;
  const { STRIPE_SECRET_KEY: key, STRIPE_API_URL: address } = env();
  if (!key) throw new Refusal("billing_unavailable", "Payments are not set up here: there is no STRIPE_SECRET_KEY.");
  const url = address ? new URL(address) : null;
  const protocol = url?.protocol === "http:" ? "http" : "https";
  made = new Stripe(key, {
    maxNetworkRetries: 2,
    timeout: PATIENCE_MS,
    telemetry: false,
    appInfo: { name: "connected-apps" },
    ...(url ? { host: url.hostname, port: url.port || (protocol === "http" ? "80" : "443"), protocol } : {}),
  });
  return made;
}

/** The id of what Stripe names by its id or has expanded. */
export const idOf = (it: string | { readonly id: string } | null | undefined): string | null =>
  typeof it === "string" ? it : (it?.id ?? null);

/** A moment of Stripe's, which are Unix seconds. */
export const momentOf = (seconds: number): Date => new Date(seconds * 1000);
export const isoOf = (seconds: number | null | undefined): string | null =>
  seconds ? momentOf(seconds).toISOString() : null;

/** A card that was refused, with the bank's reason in words for people. */
export const declineOf = (error: unknown): { readonly message: string; readonly code: string | null } | null =>
  error instanceof Stripe.errors.StripeCardError
    ? { message: error.message, code: error.decline_code ?? error.code ?? null }
    : null;

/** True where nothing is wrong with the card but that its bank asks for a person. */
export const wantsPerson = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeCardError &&
  (error.code === "subscription_payment_intent_requires_action" || error.decline_code === "authentication_required");

/** True where Stripe has answered that the request cannot be done, so that asking again changes nothing. */
export const isRefusedByStripe = (error: unknown): error is Stripe.errors.StripeInvalidRequestError =>
  error instanceof Stripe.errors.StripeInvalidRequestError;

/** Turns what Stripe throws into what a caller may know. A refusal of ours passes through. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  const decline = declineOf(error);
  if (decline) return new Refusal("payment_failed", decline.message);
  if (isRefusedByStripe(error) && error.code === "resource_missing") {
    return new Refusal("not_found", "The payment provider knows nothing of that name.");
  }
  if (error instanceof Stripe.errors.StripeError) {
    const { type, code, param, message, requestId } = error;
    logger.error({ type, code, param, message, requestId }, "Stripe refused or was away");
    return new Refusal(
      "billing_unavailable",
      "The payment provider cannot be reached or did not take this. Try again.",
      {
        retryAfter: 5,
      },
    );
  }
  return error;
}

/** Asks Stripe, with its errors as refusals. */
export async function ask<T>(question: (provider: Stripe) => Promise<T>): Promise<T> {
  try {
    return await question(stripe());
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What an event is about, as Stripe says it now, and what follows from it. */
export interface Reading {
  /** Whose it is, by Stripe's id. */
  readonly customer: string;
  /** True where an older answer must not overwrite a newer one. */
  readonly fenced: boolean;
  readonly apply: (tx: Tx, scope: Scope) => Promise<void>;
}

/** Reads what an event is about; null where it is none of our concern. */
export type Handler = (stripe: Stripe, event: Stripe.Event) => Promise<Reading | null>;
