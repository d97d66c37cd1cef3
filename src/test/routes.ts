import type { Scope } from "@/features/keys/rules";

/** The routes of the API as src/rest/access.db.test.ts holds them to it. */

/** Who may call a route with a method. */
export type Caller =
  | "anyone"
  /** The web app's own pages; src/trpc/access.db.test.ts holds each procedure to its permission. */
  | "session"
  /** Who signs in, in next-auth's own hands. */
  | "next-auth"
  /** Our own edge and the hosting's cron. */
  | "internal"
  /** Whoever collects metrics; src/rest/internal/metrics.redis.test.ts. */
  | "collector"
  /** A public key from its origin, or a secret one with the scope from a server. */
  | { readonly key: "any"; readonly scope: Scope }
  | { readonly key: "secret"; readonly scope: Scope }
  /** A shop's page with a public key, or our own frame with its session; src/rest/widget/widget.redis.test.ts. */
  | "page"
  /** Stripe, by its signature; src/features/billing/webhook.redis.test.ts. */
  | "stripe"
  /** 405, with the methods that there are. */
  | "no method"
  /** 204, with the methods that there are. */
  | "methods"
  /** 404: no such address. */
  | "no address";

const CONSUME = { key: "any", scope: "tokens:consume" } as const;
const USAGE = { key: "secret", scope: "tokens:consume" } as const;

const READ_APPS = { key: "secret", scope: "apps:read" } as const;
const BILLING = { key: "secret", scope: "billing:manage" } as const;
const WRITE_APPS = { key: "secret", scope: "apps:activate" } as const;

const NO_WRITES = {
  POST: "no method",
  PUT: "no method",
  PATCH: "no method",
  DELETE: "no method",
  OPTIONS: "methods",
} as const;
const POST_ONLY = {
  POST: USAGE,
  GET: "no method",
  HEAD: "no method",
  PUT: "no method",
  PATCH: "no method",
  DELETE: "no method",
  OPTIONS: "methods",
} as const;
/** A step of an app's activation. */
const APP_STEP = {
  POST: WRITE_APPS,
  GET: "no method",
  PUT: "no method",
  PATCH: "no method",
  DELETE: "no method",
  OPTIONS: "methods",
} as const;
const BILLING_STEP = {
  POST: BILLING,
  GET: "no method",
  PUT: "no method",
  PATCH: "no method",
  DELETE: "no method",
  OPTIONS: "methods",
} as const;
/** Every method of every route, and who may call it. */
export const TABLE: Readonly<Record<string, Readonly<Record<string, Caller>>>> = {
  "/api/[[...unknown]]": {
    GET: "no address",
    OPTIONS: "no address",
    POST: "no address",
    PUT: "no address",
    PATCH: "no address",
    DELETE: "no address",
  },
  "/api/auth/[...nextauth]": { GET: "next-auth", POST: "next-auth" },
  "/api/health": { GET: "anyone", ...NO_WRITES },
  "/api/internal/mail": { GET: "internal" },
  "/api/internal/metering/drain": { GET: "internal", POST: "internal" },
  "/api/internal/metering/load": { POST: "internal" },
  "/api/metrics": { GET: "collector", ...NO_WRITES },
  "/api/ready": { GET: "anyone", ...NO_WRITES },
  "/api/trpc/[trpc]": { GET: "session", POST: "session" },
  "/api/upload/products": {
    POST: "session",
    GET: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
    OPTIONS: "methods",
  },
  "/api/v1/apps": { GET: "anyone", ...NO_WRITES },
  "/api/v1/apps/[id]": { GET: "anyone", ...NO_WRITES },
  "/api/v1/customer/apps": { GET: READ_APPS, ...NO_WRITES },
  "/api/v1/customer/apps/[id]/activate": APP_STEP,
  "/api/v1/customer/apps/[id]/pause": APP_STEP,
  "/api/v1/customer/apps/[id]/resume": APP_STEP,
  "/api/v1/customer/apps/[id]/deactivate": APP_STEP,
  "/api/v1/customer/apps/[id]/configuration": {
    GET: READ_APPS,
    PUT: WRITE_APPS,
    POST: "no method",
    PATCH: "no method",
    DELETE: "no method",
    OPTIONS: "methods",
  },
  "/api/v1/customer/apps/[id]/embed-code": { GET: READ_APPS, ...NO_WRITES },
  "/api/v1/customer/billing/plans": { GET: BILLING, ...NO_WRITES },
  "/api/v1/customer/billing/invoices": { GET: BILLING, ...NO_WRITES },
  "/api/v1/customer/billing/subscribe": BILLING_STEP,
  "/api/v1/customer/billing/checkout": BILLING_STEP,
  "/api/v1/customer/billing/portal": BILLING_STEP,
  "/api/v1/customer/products": { GET: READ_APPS, ...NO_WRITES },
  "/api/v1/customer/products/[id]": {
    GET: READ_APPS,
    PUT: WRITE_APPS,
    DELETE: WRITE_APPS,
    POST: "no method",
    PATCH: "no method",
    OPTIONS: "methods",
  },
  "/api/webhooks/stripe": {
    POST: "stripe",
    GET: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
    OPTIONS: "methods",
  },
  "/api/v1/customer/tokens/consume": {
    POST: CONSUME,
    OPTIONS: "anyone",
    GET: "no method",
    HEAD: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
  },
  "/api/v1/customer/tokens/consume/batch": {
    POST: CONSUME,
    OPTIONS: "anyone",
    GET: "no method",
    HEAD: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
  },
  "/api/v1/customer/tokens/reservations": POST_ONLY,
  "/api/v1/customer/tokens/reservations/[id]/settle": POST_ONLY,
  "/api/v1/customer/tokens/reservations/[id]/release": POST_ONLY,
  "/api/v1/customer/tokens/usage/[id]/refund": {
    POST: USAGE,
    GET: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
    OPTIONS: "methods",
  },
  "/api/v1/customer/tokens/balance": {
    GET: USAGE,
    ...NO_WRITES,
  },
  "/api/v1/customer/tokens/ledger": {
    GET: USAGE,
    ...NO_WRITES,
  },
  "/api/v1/customer/tokens/usage": {
    GET: USAGE,
    ...NO_WRITES,
  },
  "/api/v1/openapi.json": { GET: "anyone", ...NO_WRITES },
  "/api/v1/widget/events": {
    POST: "page",
    OPTIONS: "anyone",
    GET: "no method",
    HEAD: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
  },
  "/api/v1/widget/products": { GET: "page", ...NO_WRITES },
  "/api/v1/widget/session": { GET: "page", ...NO_WRITES },
  "/api/v1/widget/sessions": {
    POST: "page",
    OPTIONS: "anyone",
    GET: "no method",
    HEAD: "no method",
    PUT: "no method",
    PATCH: "no method",
    DELETE: "no method",
  },
  "/api/v1/widget/settings": { GET: "page", ...NO_WRITES, OPTIONS: "anyone" },
};

/** What stands for the folders in brackets. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  "GET /api/trpc/[trpc]": "/api/trpc/session.me",
  "POST /api/trpc/[trpc]": "/api/trpc/keys.create",
};
/** A body that is in order, where one is needed to get as far as the caller's rights. */
export const BODIES: Readonly<Record<string, unknown>> = {
  "POST /api/v1/customer/tokens/consume": { app_id: "vto-001" },
  "POST /api/v1/customer/tokens/consume/batch": { records: [{ app_id: "vto-001", idempotency_key: "one" }] },
  "POST /api/v1/customer/tokens/reservations": { app_id: "vto-001", tokens_reserved: 5 },
  "POST /api/v1/customer/tokens/reservations/[id]/settle": { tokens_consumed: 5 },
  "POST /api/v1/customer/tokens/reservations/[id]/release": {},
  "POST /api/v1/customer/tokens/usage/[id]/refund": {},
  "POST /api/v1/customer/apps/[id]/activate": {},
  "POST /api/v1/customer/apps/[id]/pause": {},
  "POST /api/v1/customer/apps/[id]/resume": {},
  "POST /api/v1/customer/apps/[id]/deactivate": {},
  "PUT /api/v1/customer/apps/[id]/configuration": { configuration: {} },
  "PUT /api/v1/customer/products/[id]": { name: "Halden", price_cents: 14_800, currency: "USD", shape: "round" },
  "POST /api/v1/customer/billing/subscribe": { plan_id: "no-such-plan", payment_method_id: "pm_card_visa" },
  "POST /api/v1/customer/billing/checkout": { plan_id: "no-such-plan" },
  "POST /api/v1/customer/billing/portal": {},
  "POST /api/trpc/[trpc]": { name: "x", kind: "sk", mode: "live", scopes: ["apps:read"] },
  "POST /api/internal/metering/drain": { partitions: [0] },
};

/** What the caller who may is answered, where it is not 200: the id asked for is one that nobody has. */
export const ADMITTED: Readonly<Record<string, string>> = {
  "POST /api/v1/customer/tokens/reservations": "201",
  "POST /api/v1/customer/tokens/reservations/[id]/settle": "404 reservation_not_found",
  "POST /api/v1/customer/tokens/reservations/[id]/release": "404 reservation_not_found",
  "POST /api/v1/customer/tokens/usage/[id]/refund": "404 usage_not_found",
  "POST /api/v1/customer/billing/subscribe": "404 not_found",
  "POST /api/v1/customer/billing/checkout": "404 not_found",
  "GET /api/v1/customer/products/[id]": "404 not_found",
  "PUT /api/v1/customer/products/[id]": "201",
  "DELETE /api/v1/customer/products/[id]": "404 not_found",
  "GET /api/v1/apps/[id]": "404 app_not_found",
  "POST /api/v1/customer/apps/[id]/activate": "404 app_not_found",
  "POST /api/v1/customer/apps/[id]/pause": "404 app_not_found",
  "POST /api/v1/customer/apps/[id]/resume": "404 app_not_found",
  "POST /api/v1/customer/apps/[id]/deactivate": "404 app_not_found",
  "GET /api/v1/customer/apps/[id]/configuration": "404 app_not_found",
  "PUT /api/v1/customer/apps/[id]/configuration": "404 app_not_found",
  "GET /api/v1/customer/apps/[id]/embed-code": "404 app_not_found",
};
