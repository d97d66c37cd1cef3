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
  /** `live` is Redis at this moment; `ledger` is what Postgres holds, where Redis cannot be asked. */
  source: z.enum(["live", "ledger"]),
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
