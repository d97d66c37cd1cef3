import Stripe from "stripe";
import { isDatabaseAway } from "@/lib/database-away";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { json, problem, requestIdOf } from "@/lib/problem";
import { type InboxDeps, receive } from "./inbox/service";
import { stripe } from "./stripe/service";

/** Stripe's events are a few KiB; nothing of theirs comes near this. */
const MOST_BYTES = 1_048_576;
/** How old a signature may be, seconds: what is played again later is refused. */
const TOLERANCE_S = 300;

/** The body as it came, to the byte: the signature is over that. Null where it is too long. */
async function rawBody(request: Request): Promise<Buffer | null> {
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    // Whoever does not say how long it is is stopped on the way.
    if (length > MOST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * `POST /api/webhooks/stripe`: what Stripe tells us. Only what its signature vouches for is looked at. Anything but a 2xx
 * has Stripe send it again; what has failed on our side is kept and tried again by us, so that is a 200 too.
 */
export async function handleStripeWebhook(request: Request, deps: Pick<InboxDeps, "metering">): Promise<Response> {
  const requestId = requestIdOf(request);
  const { STRIPE_WEBHOOK_SECRET: secret, STRIPE_SECRET_KEY: key } = env();
  if (!secret || !key) return problem("not_found", "There is nothing at this address.", { requestId });
  const body = await rawBody(request);
  if (body === null) return problem("payload_too_large", "The body is longer than 1 MiB.", { requestId });
  let event: Stripe.Event;
  try {
    const signature = request.headers.get("stripe-signature") ?? "";
    event = await stripe().webhooks.constructEventAsync(body, signature, secret, TOLERANCE_S);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError) && !(error instanceof SyntaxError))
      throw error;
    return problem("invalid_request", "The body is not signed by Stripe, or was signed long ago.", { requestId });
  }
  try {
    const outcome = await receive({ ...deps, stripe: stripe() }, event);
    return json({ received: true, outcome }, 200, requestId);
  } catch (error) {
    logger.error({ err: error, event: event.id, requestId }, "an event of Stripe's could not even be kept");
    const away = isDatabaseAway(error);
    return problem(away ? "billing_unavailable" : "internal_error", "The event could not be kept. Send it again.", {
      requestId,
      headers: { "Retry-After": "5" },
    });
  }
}
