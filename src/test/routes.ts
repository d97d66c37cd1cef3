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
  /** 405, with the methods that there are. */
  | "no method"
  /** 404: no such address. */
  | "no address";

const CONSUME = { key: "any", scope: "tokens:consume" } as const;
const USAGE = { key: "secret", scope: "tokens:consume" } as const;

const NO_WRITES = { POST: "no method", PUT: "no method", PATCH: "no method", DELETE: "no method" } as const;
const POST_ONLY = {
  POST: USAGE,
  GET: "no method",
  HEAD: "no method",
  PUT: "no method",
  PATCH: "no method",
  DELETE: "no method",
} as const;
/** Every method of every route, and who may call it. */
export const TABLE: Readonly<Record<string, Readonly<Record<string, Caller>>>> = {
  "/api/[...unknown]": {
    GET: "no address",
    POST: "no address",
    PUT: "no address",
    PATCH: "no address",
    DELETE: "no address",
  },
  "/api/auth/[...nextauth]": { GET: "next-auth", POST: "next-auth" },
  "/api/health": { GET: "anyone", ...NO_WRITES },
  "/api/internal/metering/drain": { GET: "internal", POST: "internal" },
  "/api/internal/metering/load": { POST: "internal" },
  "/api/metrics": { GET: "collector", ...NO_WRITES },
  "/api/ready": { GET: "anyone", ...NO_WRITES },
  "/api/trpc/[trpc]": { GET: "session", POST: "session" },
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
  "POST /api/trpc/[trpc]": { name: "x", kind: "sk", mode: "live", scopes: ["apps:read"] },
  "POST /api/internal/metering/drain": { partitions: [0] },
};

/** What the caller who may is answered, where it is not 200: the id asked for is one that nobody has. */
export const ADMITTED: Readonly<Record<string, string>> = {
  "POST /api/v1/customer/tokens/reservations": "201",
  "POST /api/v1/customer/tokens/reservations/[id]/settle": "404 reservation_not_found",
  "POST /api/v1/customer/tokens/reservations/[id]/release": "404 reservation_not_found",
  "POST /api/v1/customer/tokens/usage/[id]/refund": "404 usage_not_found",
};
