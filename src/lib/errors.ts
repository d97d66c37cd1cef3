/** The closed list of problem codes (CONTRACT: conventions and tables), with the status each answers. */
export const PROBLEMS = {
  invalid_request: [400, "The request is not valid"],
  invalid_api_key: [401, "The API key is not valid"],
  insufficient_tokens: [402, "Not enough tokens"],
  spend_cap_reached: [402, "The spend cap is reached"],
  payment_failed: [402, "The payment failed"],
  forbidden: [403, "Not allowed"],
  secret_key_in_browser: [403, "A secret key was used in a browser"],
  origin_not_allowed: [403, "The origin is not allowed"],
  insufficient_scope: [403, "The key lacks a scope"],
  app_not_permitted: [403, "The key does not cover this app"],
  app_not_active: [403, "The app is not active"],
  plan_upgrade_required: [403, "The plan does not cover this app"],
  not_found: [404, "Not found"],
  app_not_found: [404, "No such app"],
  usage_not_found: [404, "No such use"],
  reservation_not_found: [404, "No such reservation"],
  method_not_allowed: [405, "Method not allowed"],
  subscription_exists: [409, "The brand has a subscription already"],
  subscription_needed: [409, "The brand has no subscription"],
  amount_changed: [409, "The amount is another one now"],
  idempotency_key_in_use: [409, "The idempotency key is in use"],
  reservation_closed: [409, "The reservation is closed"],
  configuration_changed: [409, "The configuration was changed meanwhile"],
  payload_too_large: [413, "The request is too large"],
  unsupported_media_type: [415, "The content type is not supported"],
  idempotency_key_reused: [422, "The idempotency key was used for another request"],
  invalid_configuration: [422, "The configuration is not valid"],
  amount_not_allowed: [422, "The amount is not allowed"],
  rate_limited: [429, "Too many requests"],
  internal_error: [500, "Something went wrong on our side"],
  billing_unavailable: [503, "Billing is not available"],
  metering_unavailable: [503, "Metering is not available"],
  outcome_unknown: [503, "The outcome is not known"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong field of what was sent, by its path. */
export interface FieldIssue {
  readonly path: string;
  readonly message: string;
}

/**
 * An expected refusal that crosses a verb's boundary. Edges (REST, tRPC) map it once; any other error is unexpected
 * and never leaves the process as text.
 */
export class Refusal extends Error {
  readonly code: ProblemCode;
  /** Which fields are wrong, where it is about fields. */
  readonly fields: readonly FieldIssue[] | undefined;
  /** Seconds after which to try again, where waiting helps. */
  readonly retryAfter: number | undefined;
  constructor(
    code: ProblemCode,
    detail: string,
    more: { readonly fields?: readonly FieldIssue[]; readonly retryAfter?: number } = {},
  ) {
    super(detail);
    this.code = code;
    this.fields = more.fields;
    this.retryAfter = more.retryAfter;
  }
  get status(): number {
    return PROBLEMS[this.code][0];
  }
}
