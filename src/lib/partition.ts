import { crc32 } from "./crc32";

/** How many partitions there are, for ever: an account's never changes, so keys can be found without a directory. */
export const PARTITIONS = 64;

/** The partition of a customer: a pure function of the UUID, 0 to 63. */
export function partitionOf(customerId: string): number {
  const hex = customerId.replaceAll("-", "");
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
  return crc32(bytes) % PARTITIONS;
}

/** The hash tag every Redis key of a partition carries, such as `{p07}`, so that a script's keys share a slot. */
export const partitionTag = (partition: number): string => `{p${String(partition).padStart(2, "0")}}`;
