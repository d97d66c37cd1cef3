import { z } from "zod";
import type { Mode } from "@/lib/ids";

/** What the edge needs to know of an API key; `keys` writes it, the consume script reads it. */
export interface KeyRecord {
  readonly hmac: string;
  readonly partition: number;
  /** Raised by every change of the key. */
  readonly version: number;
  readonly keyId: string;
  readonly kind: "pk" | "sk";
  readonly mode: Mode;
  readonly customerId: string;
  readonly status: "active" | "revoked";
  /** Unix ms; null for never. */
  readonly expiresAt: number | null;
  readonly origins: readonly string[];
  readonly scopes: readonly string[];
  /** Catalog ids; null for every app of the brand. */
  readonly apps: readonly string[] | null;
  readonly rateLimit: number;
  readonly rateBurst: number;
}

/** What the edge needs to know of an app. */
export interface CatalogRecord {
  readonly catalogId: string;
  readonly slug: string;
  readonly price: number;
  readonly status: "available" | "beta" | "deprecated" | "disabled";
  readonly variablePrice: boolean;
}

/** What `metering.balance` answers. */
export const balanceResponse = z.object({
  balance: z.int().nullable(),
  unlimited: z.boolean(),
  /** When the figure was true. */
  asOf: z.iso.datetime(),
  /**
   * `live` is Redis at this moment; `resting` the ledger, where Redis has let an account go that nobody spends from: the
   * next use brings it in, and until then the ledger has all of it; `ledger` what Postgres holds, where Redis cannot be asked.
   */
  source: z.enum(["live", "resting", "ledger"]),
  /** True until the first token comes in. */
  untouched: z.boolean(),
});
export type BalanceResponse = z.infer<typeof balanceResponse>;

export const latestEntriesRequest = z.strictObject({ limit: z.int().min(1).max(50).default(10) });

export const latestEntriesResponse = z.object({
  entries: z.array(
    z.object({
      epoch: z.int(),
      seq: z.int(),
      kind: z.enum(["grant", "usage", "hold", "settle", "release", "refund", "expiry", "adjustment"]),
      tokens: z.int(),
      delta: z.int(),
      balanceAfter: z.int(),
      appId: z.string().nullable(),
      appName: z.string().nullable(),
      usageId: z.string().nullable(),
      occurredAt: z.iso.datetime(),
    }),
  ),
});

/** Answer of `GET /api/v1/customer/tokens/balance`: the account as the meter has it at this moment. */
export const balanceReport = z.object({
  mode: z.enum(["live", "test"]),
  epoch: z.int(),
  seq: z.int(),
  balance: z.int(),
  /** Taken out of the balance by reservations that are not resolved yet. */
  held: z.int(),
  unlimited: z.boolean(),
  /** In the order in which they burn. */
  grants: z.array(
    z.object({
      grant_id: z.uuid(),
      source: z.enum(["plan", "pack", "refund", "adjustment"]),
      tokens: z.int(),
      remaining: z.int(),
      expires_at: z.iso.datetime().nullable(),
    }),
  ),
  as_of: z.iso.datetime(),
});
export type BalanceReport = z.infer<typeof balanceReport>;

const MAX_PAGE = 500;

/** Query of `GET /api/v1/customer/tokens/ledger`. */
export const ledgerQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^[0-9]{1,15}\.[0-9]{1,15}$/, "must be a next_cursor as an answer gave it")
    .optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, `must be a whole number from 1 to ${MAX_PAGE}`)
    .transform(Number)
    .pipe(z.int().max(MAX_PAGE, `must be a whole number from 1 to ${MAX_PAGE}`))
    .default(100),
});

/** One entry of the ledger as the API shows it. */
export const ledgerEntry = z.object({
  epoch: z.int(),
  seq: z.int(),
  kind: z.enum(["grant", "usage", "hold", "settle", "release", "refund", "expiry", "adjustment"]),
  tokens: z.int(),
  delta: z.int(),
  balance_after: z.int(),
  app_id: z.string().nullable(),
  /** The use that the entry is of; of a refund, the one it gives back. */
  usage_id: z.uuid().nullable(),
  grant_id: z.uuid().nullable(),
  occurred_at: z.iso.datetime(),
});
export type LedgerEntry = z.infer<typeof ledgerEntry>;

/** Answer of the same: newest first. `next_cursor` is null on the last page. */
export const ledgerPage = z.object({ entries: z.array(ledgerEntry), next_cursor: z.string().nullable() });
export type LedgerPage = z.infer<typeof ledgerPage>;
