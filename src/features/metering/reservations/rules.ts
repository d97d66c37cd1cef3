import type { AccountId } from "@/lib/ids";
import { operationHash } from "../edge/rules";

/** What a hold did, as the script reports it or its record remembers it. Amounts are digits. */
export interface Held {
  readonly reservationId: string;
  readonly appId: string;
  readonly reserved: string;
  readonly balance: string;
  readonly unlimited: boolean;
  /** Redis milliseconds. */
  readonly expiresAt: number;
}

/** What a resolution did. */
export interface Resolved extends Held {
  readonly status: "settled" | "released";
  readonly consumed: string;
  /** '' where nothing was used. */
  readonly usageId: string;
}

/** The name under which what became of a reservation is remembered. */
export const resolutionHash = (account: AccountId, reservationId: string): string =>
  operationHash(account, "sk", "resolution", reservationId);

const head = (held: Held, status: string): string =>
  `"reservation_id":"${held.reservationId}","app_id":"${held.appId}","status":"${status}"`;
const tail = (held: Held): string =>
  `"tokens_remaining":${held.unlimited ? "null" : held.balance},"expires_at":"${new Date(held.expiresAt).toISOString()}"`;

/**
 * The bytes of a hold's answer. A replay is rebuilt by this same function from the stored record (version h1), so it never
 * changes: a new shape is a new version, named in the record.
 */
export const serializeHeld = (held: Held): string =>
  `{${head(held, "held")},"tokens_reserved":${held.reserved},${tail(held)}}`;

/** The bytes of a resolution's answer (record version r1); likewise never changed. */
export const serializeResolved = (resolved: Resolved): string =>
  `{${head(resolved, resolved.status)},${resolved.usageId ? `"usage_id":"${resolved.usageId}",` : ""}` +
  `"tokens_reserved":${resolved.reserved},"tokens_consumed":${resolved.consumed},` +
  `"tokens_returned":${Number(resolved.reserved) - Number(resolved.consumed)},${tail(resolved)}}`;
