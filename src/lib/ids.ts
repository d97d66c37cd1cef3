/**
 * Branded identifiers. A `CustomerId` or `AccountId` proves that a gate has established which tenant is acting:
 * only the session gate and the key gate (src/auth), metering for keys whose HMAC it looks up, and commands run by an operator mint one.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A tenant's UUID. */
export type CustomerId = Brand<string, "CustomerId">;
/** A signed-in person's UUID. */
export type UserId = Brand<string, "UserId">;
/** `live` spends real tokens; `test` is the customer's sandbox. */
export type Mode = "live" | "test";
/** One balance: a customer in one mode. */
export type AccountId = Brand<{ readonly customerId: CustomerId; readonly mode: Mode }, "AccountId">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID in its canonical form. */
export const isUuid = (value: string): boolean => UUID.test(value);

/** Mints a `CustomerId`. Call it only where the caller's right to act for this tenant has just been checked. */
export function mintCustomerId(value: string): CustomerId {
  if (!isUuid(value)) throw new Error("A customer id must be a UUID");
  return value as CustomerId;
}

/** Mints a `UserId` from the session gate. */
export function mintUserId(value: string): UserId {
  if (!isUuid(value)) throw new Error("A user id must be a UUID");
  return value as UserId;
}

/** The account of a customer that has already been established. */
export const accountOf = (customerId: CustomerId, mode: Mode): AccountId =>
  ({ customerId, mode }) as unknown as AccountId;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Random bytes are asked for in stock: a call for ten of them costs more than all the rest of an id. */
const stock = new Uint8Array(4_000);
let used = stock.length;

/** A random byte as two hexadecimal digits, with some of its bits set as told. */
function randomHex(keep = 0xff, set = 0): string {
  if (used === stock.length) {
    crypto.getRandomValues(stock);
    used = 0;
  }
  return HEX[((stock[used++] ?? 0) & keep) | set] ?? "";
}

/**
 * A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits. Time-ordered, so that index inserts
 * stay at the right edge. Uses Web Crypto only, so it runs at the edge.
 */
export function uuidv7(now: number = Date.now()): string {
  const time = Math.floor(now).toString(16).padStart(12, "0");
  const version = randomHex(0x0f, 0x70) + randomHex();
  const variant = randomHex(0x3f, 0x80) + randomHex();
  const rest = randomHex() + randomHex() + randomHex() + randomHex() + randomHex() + randomHex();
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${rest}`;
}

/** When an id of version 7 was made, Unix ms; 0 for one of another kind. */
export const timeOfUuid = (id: string): number =>
  id[14] === "7" ? Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16) : 0;
