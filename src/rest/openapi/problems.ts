import type { ProblemCode } from "@/lib/errors";

/** What each problem means to whoever meets it, and what to do; for the page that the problems' `type` points to. */
export const MEANINGS: Readonly<Record<ProblemCode, string>> = {
  invalid_request:
    "The body, the query or a header does not fit. `errors` names the fields. Correct it and send it again.",
  invalid_api_key: "The key is missing, mistyped, expired or revoked. Send it as `Authorization: Bearer ca_…`.",
  insufficient_tokens:
    "The balance does not cover the use. `tokens_required` says what it takes. Buy a pack or upgrade the plan.",
  spend_cap_reached: "The brand's own cap for the day or the month is reached. Raise it, or wait until it begins anew.",
  payment_failed:
    "The bank refused the payment, or asks for a confirmation that only a person can give. Use another card.",
  forbidden: "A public key asked for what only a secret key may have. Ask from your server.",
  secret_key_in_browser:
    "A secret key came from a browser, where anybody can read it. Revoke it, and use a public key in pages.",
  origin_not_allowed: "The page's origin is not on the public key's list. Add scheme, host and port exactly.",
  insufficient_scope: "The secret key lacks the scope that the call needs. Make a key with it.",
  app_not_permitted: "The key covers other apps only. Give it this one, or use another key.",
  app_not_active: "The app is not turned on for the brand, is paused, or is no longer offered.",
  plan_upgrade_required: "The brand's plan does not open this app. Upgrade the plan.",
  not_found: "There is nothing at this address.",
  app_not_found: "There is no app with this id or slug.",
  usage_not_found: "There is no use with this id in this account. Live and test keys have accounts of their own.",
  reservation_not_found: "There is no reservation with this id in this account.",
  method_not_allowed: "The address answers other methods. `Allow` names them.",
  subscription_exists: "The brand has a subscription. Change its plan in place of subscribing again.",
  subscription_needed: "The brand has no subscription that this could change. Subscribe to a plan first.",
  amount_changed: "What would be charged is no longer what was shown. Look at the preview again.",
  idempotency_key_in_use: "Another request with this key is under way. Wait for its answer.",
  reservation_closed: "The reservation was resolved otherwise before, or released itself when its time was over.",
  configuration_changed: "Somebody published another configuration meanwhile. Read it, and decide again.",
  payload_too_large: "The body is longer than 64 KiB.",
  unsupported_media_type: "Send `Content-Type: application/json`.",
  idempotency_key_reused: "The key came before with another body. A new use needs a new key.",
  invalid_configuration: "The configuration does not fit the app's schema. `errors` names each field.",
  amount_not_allowed: "The amount may not be named here, or is more than was reserved. Leave `tokens_consumed` out.",
  rate_limited: "Too many requests in the hour. Wait as long as `Retry-After` says.",
  internal_error: "Something went wrong on our side. Name the `request_id` when you write to us.",
  billing_unavailable:
    "Payments are not set up here, or the payment provider cannot be reached. Nothing was charged by us; try again.",
  metering_unavailable: "The store could not be reached or refused. Nothing was debited by this attempt; try again.",
  outcome_unknown:
    "The store's answer was lost. Send the same request with the same `Idempotency-Key` to learn what happened.",
};
