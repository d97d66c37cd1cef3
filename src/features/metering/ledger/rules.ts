import { z } from "zod";
import type { Mode } from "@/lib/ids";
import { parseAccountName } from "../rules";

/**
 * An event as a script wrote it into the outbox. Field names are one letter, because every event of a brand's traffic
 * carries them: a account, e epoch, s seq, o operation, k kind, t tokens, d delta, b balance after, g grant parts,
 * p app, c its list price, n now (Redis ms), y key id, i idempotency hash, h request hash, m details (JSON), r grant id,
 * x expires (ms), v reservation id, z the usage id that it gives back, j intent id.
 */
export type StreamFields = Readonly<Record<string, string>>;

/** What stands between the bars of a packed use: its place in the chain, then its operation's record. */
const PACKED = ["a", "e", "s", "d", "g", "y", "i", "version", "h", "p", "c", "t", "o", "b", "unlimited", "n"] as const;
const USE = new RegExp(`^${"([^|]*)\\|".repeat(PACKED.length)}(.*)$`, "s");

/**
 * The fields of an entry of the outbox. A use, which is what nearly all of them are, comes packed: field `u` holds its
 * values in this order, between bars, and its details last.
 */
export function unpackEvent(flat: StreamFields): StreamFields {
  const values = USE.exec(flat.u ?? "");
  // Not of our making: it is kept as it is, and read as what cannot be.
  if (!values) return flat;
  const { version, unlimited, ...fields } = Object.fromEntries(PACKED.map((name, i) => [name, values[i + 1] ?? ""]));
  return { ...fields, k: "usage", m: values.at(-1) ?? "" };
}

/** Where an event stands in its account's chain: all that is needed to keep it in its place. */
export interface Place {
  readonly streamId: string;
  readonly fields: StreamFields;
  readonly account: string;
  readonly customerId: string;
  readonly mode: Mode;
  readonly epoch: number;
  readonly seq: number;
  readonly operationId: string;
  readonly delta: number;
  readonly balanceAfter: number;
}

export const ENTRY_KINDS = ["grant", "usage", "hold", "settle", "release", "refund", "expiry", "adjustment"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface LedgerEvent extends Place {
  readonly kind: EntryKind;
  readonly tokens: number;
  readonly grantParts: [string, number][];
  readonly appId: string | null;
  readonly price: number | null;
  readonly keyId: string | null;
  readonly grantId: string | null;
  readonly expiresAt: Date | null;
  readonly reservationId: string | null;
  /** The usage id of what it gives back. */
  readonly reverses: string | null;
  readonly intentId: string | null;
  readonly idempotencyHash: string | null;
  readonly requestHash: string | null;
  readonly occurredAt: Date;
  readonly details: UsageDetails;
}

/** An entry whose place in a chain can be read and whose content cannot. */
export interface UnreadableEvent extends Place {
  readonly error: string;
}

/** An entry of which not even the place can be read. */
export interface Unplaced {
  readonly streamId: string;
  readonly fields: StreamFields;
  readonly error: string;
}

const details = z.object({
  s: z.string().optional(),
  m: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  ip: z.string().optional(),
  ua: z.string().optional(),
});
export type UsageDetails = z.infer<typeof details>;

const integer = z
  .string()
  .regex(/^-?\d{1,16}$/)
  .transform(Number)
  .pipe(z.int());

/** Milliseconds since 1970 that a date can hold; what is beyond would make the drain fail instead of the entry. */
const time = integer.pipe(z.int().min(0).max(8_640_000_000_000_000));

const place = z.object({
  a: z.string(),
  e: integer.pipe(z.int().positive()),
  s: integer.pipe(z.int().positive()),
  o: z.string().min(1).max(80),
  d: integer,
  b: integer.pipe(z.int().nonnegative()),
});

const content = z.object({
  k: z.enum(ENTRY_KINDS),
  t: integer.pipe(z.int().nonnegative()),
  g: z.string(),
  n: time,
  p: z.string().optional(),
  c: integer.optional(),
  y: z.string().optional(),
  r: z.string().optional(),
  x: time.optional(),
  v: z.uuid().optional(),
  z: z.uuid().optional(),
  j: z.uuid().optional(),
  i: z.string().optional(),
  h: z.string().optional(),
  m: z.string().optional(),
});

/** Reads `id,delta;…`. */
const parts = (packed: string): [string, number][] =>
  Array.from(packed.matchAll(/([^,;]+),(-?\d+);/g), ([, id, delta]) => [id as string, Number(delta)]);

/** Why something that was read does not fit, in a sentence for whoever opens the dead letter. */
const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Reads an entry of the outbox. Never throws: what cannot be read is kept as far as it can be.
 */
export function readEntry(streamId: string, fields: StreamFields): LedgerEvent | UnreadableEvent | Unplaced {
  const placed = place.safeParse(fields);
  const account = placed.success ? parseAccountName(placed.data.a) : null;
  if (!placed.success || !account) {
    return { streamId, fields, error: placed.success ? "The entry names no account" : why(placed.error) };
  }
  const { a, e, s, o, d, b } = placed.data;
  const at: Place = {
    streamId,
    fields,
    account: a,
    ...account,
    epoch: e,
    seq: s,
    operationId: o,
    delta: d,
    balanceAfter: b,
  };
  try {
    const read = content.parse(fields);
    return {
      ...at,
      kind: read.k,
      tokens: read.t,
      grantParts: parts(read.g),
      appId: read.p ?? null,
      price: read.c ?? null,
      keyId: read.y ?? null,
      grantId: read.r ?? null,
      expiresAt: read.x ? new Date(read.x) : null,
      reservationId: read.v ?? null,
      reverses: read.z ?? null,
      // A grant's intent is the grant.
      intentId: read.j ?? (read.k === "grant" ? (read.r ?? null) : null),
      idempotencyHash: read.i ?? null,
      requestHash: read.h ?? null,
      occurredAt: new Date(read.n),
      details: read.m ? details.parse(JSON.parse(read.m)) : {},
    };
  } catch (error) {
    return { ...at, error: why(error) };
  }
}

/** The grant parts of an entry that is kept as a dead letter; none where they cannot be read. */
export const partsOf = (fields: StreamFields): [string, number][] => parts(fields.g ?? "");

/** The last link of an account's chain, as Postgres knows it. */
export interface Head {
  epoch: number;
  seq: number;
  balance: number;
  forked: boolean;
}

/**
 * How an event stands to its account's chain.
 * - `next`: it follows; write it.
 * - `seen`: its place is taken, or its epoch is over; the same operation there is a re-read, another one a fork.
 * - `fork`: it does not follow: Redis has lost, or made up, part of the chain.
 */
export function placeOf(
  head: Head | undefined,
  event: Pick<Place, "epoch" | "seq" | "delta" | "balanceAfter">,
): "next" | "seen" | "fork" {
  if (!head) return "fork";
  if (event.epoch < head.epoch || (event.epoch === head.epoch && event.seq <= head.seq)) return "seen";
  if (head.forked || event.epoch !== head.epoch || event.seq !== head.seq + 1) return "fork";
  return event.balanceAfter === head.balance + event.delta ? "next" : "fork";
}

/** True for an entry that is a use of an app, of which the statistics tell: one use, or what a reservation came to. */
export const isUse = (event: Pick<LedgerEvent, "kind">): boolean => event.kind === "usage" || event.kind === "settle";

/** A processing time that can be averaged: a number of milliseconds of at most an hour; null for anything else. */
export function processingTime(details: UsageDetails): number | null {
  const value = details.m?.processing_time_ms;
  return typeof value === "number" && value >= 0 && value <= 3_600_000 ? value : null;
}
