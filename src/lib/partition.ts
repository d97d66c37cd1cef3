import { crc32 } from "./crc32";

/** How many partitions there are, for ever: an account's never changes, so keys can be found without a directory. */
export const PARTITIONS = 64;

const bytes = new Uint8Array(16);

/** The partition of a customer: a pure function of the UUID, 0 to 63. */
export function partitionOf(customerId: string): number {
  bytes.fill(0);
  let digits = 0;
  for (let i = 0; i < customerId.length && digits < 32; i++) {
    const code = customerId.charCodeAt(i);
    if (code === 0x2d) continue;
    // "0" to "9", and "a" to "f" in either case.
    const digit = code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
    const at = digits >> 1;
    bytes[at] = digits & 1 ? (bytes[at] ?? 0) | digit : digit << 4;
    digits++;
  }
  return crc32(bytes) % PARTITIONS;
}

const tagsBehind = (prefix: string): string[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => `${prefix}{p${String(partition).padStart(2, "0")}}`);

let keyPrefix = "";
let tags = tagsBehind(keyPrefix);

/**
 * Puts a deployment's own name in front of every key of this process. Called by src/lib/env.ts as it is loaded, which
 * whatever speaks to Redis has loaded before it names a key.
 */
export function prefixKeys(prefix: string): void {
  if (prefix === keyPrefix) return;
  keyPrefix = prefix;
  tags = tagsBehind(prefix);
}

/** The name under which something outside the partitions is kept, such as a count of sign-ins. */
export const plainKey = (name: string): string => keyPrefix + name;

/**
 * What every Redis key of a partition begins with: the deployment's own name, where it has one, and the hash tag, such as
 * `{p07}`, so that a script's keys share a slot.
 */
export const partitionTag = (partition: number): string => tags[partition] ?? `${keyPrefix}{p${partition}}`;
