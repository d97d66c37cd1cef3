/** What Stripe's error object carries beside its type and message. */
export interface FailureDetails {
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly setup_intent?: unknown;
  readonly advice_code?: string;
}

export type FailureType = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

/** An answer that is an error in Stripe's form: `{ error: { type, message, … } }`. */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly type: FailureType,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message);
  }

  get body(): { error: Record<string, unknown> } {
    return { error: { type: this.type, message: this.message, ...this.details } };
  }
}

/** 400: the request is at fault. */
export const invalid = (message: string, param?: string, code?: string): StripeFailure =>
  new StripeFailure(400, "invalid_request_error", message, { ...(param && { param }), ...(code && { code }) });

/** 404 as Stripe words it, for an id that is not there. */
export const missing = (kind: string, id: string, param = "id"): StripeFailure =>
  new StripeFailure(404, "invalid_request_error", `No such ${kind.replace(/^.*\./, "")}: '${id}'`, {
    code: "resource_missing",
    param,
  });
