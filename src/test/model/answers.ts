import type { Operation, Resolution } from "./state";

/** What a call must answer. `wild` fields of the body are ids that only the answer can tell. */
export interface Expected {
  status: number;
  code?: string;
  body?: Record<string, unknown>;
  /** Where this was answered before: those bytes. */
  text?: string | null;
  replayed?: boolean;
  retryAfter?: string;
  /** What the answer tells the id of, under which field, and who keeps its text. */
  learn?: { field: string; ref: string; of: Operation | Resolution };
}

export const ID = "<id>";

/** The product owner's figures for the apps the model uses. */
export const APPS: Record<string, { id: string; price: number; variable: boolean; active: boolean }> = {
  "vto-001": { id: "vto-001", price: 5, variable: false, active: true },
  "virtual-try-on": { id: "vto-001", price: 5, variable: false, active: true },
  "pdc-001": { id: "pdc-001", price: 1, variable: false, active: true },
  "cai-001": { id: "cai-001", price: 3, variable: true, active: true },
  "fsa-001": { id: "fsa-001", price: 3, variable: false, active: false },
};
export const APP_NAMES = [...Object.keys(APPS), "zzz-999"];
export const ACTIVE_APPS = ["vto-001", "pdc-001", "cai-001"];

const STATUS: Record<string, number> = {
  invalid_api_key: 401,
  insufficient_tokens: 402,
  spend_cap_reached: 402,
  forbidden: 403,
  insufficient_scope: 403,
  app_not_permitted: 403,
  app_not_active: 403,
  app_not_found: 404,
  usage_not_found: 404,
  reservation_not_found: 404,
  reservation_closed: 409,
  idempotency_key_reused: 422,
  amount_not_allowed: 422,
  rate_limited: 429,
  metering_unavailable: 503,
  outcome_unknown: 503,
};
export const refused = (code: string, body?: Record<string, unknown>, retryAfter?: string): Expected => ({
  status: STATUS[code] ?? 0,
  code,
  ...(body ? { body } : {}),
  ...(retryAfter ? { retryAfter } : {}),
});
