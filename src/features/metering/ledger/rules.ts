import type { Mode } from "@/lib/ids";
import { parseAccountName } from "../rules";

/**
 * An event as a script wrote it into the outbox. Field names are one letter, because every event of a brand's traffic
 * carries them: a account, e epoch, s seq, o operation, k kind, t tokens, d delta, b balance after, g grant parts,
 * p app, c its list price, n now (Redis ms), y key id, i idempotency hash, h request hash, m details (JSON), r grant id,
 * x expires (ms), v reservation id, w balance told to the caller, z the usage id that it gives back, j intent id.
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
  /** The balance that the resolution's answer told, where more fell due in the same step; null where nobody asked. */
  readonly told: number | null;
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

/** What an event tells of a use beside its tokens: session, metadata, address and agent. */
export interface UsageDetails {
  readonly s?: string;
  readonly m?: Readonly<Record<string, string | number | boolean>>;
  readonly ip?: string;
  readonly ua?: string;
  /** The trace that the use is part of, as a `traceparent`. Whatever stands there, it is no reason to give the entry up. */
  readonly t?: unknown;
}

/** Thrown where a field does not fit. Never leaves this module. */
class Unfit extends Error {}

// Read by hand and not by a schema: the drain reads every event of every brand, and a schema takes ten times as long.
const INTEGER = /^-?\d{1,16}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A whole number that a double holds exactly, not below `least`. */
function integer(fields: StreamFields, name: string, least = Number.MIN_SAFE_INTEGER): number {
  const text = fields[name];
  const value = text !== undefined && INTEGER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) throw new Unfit(`The field ${name} is no whole number that fits`);
  return value;
}

/** Milliseconds since 1970 that a date can hold; what is beyond would make the drain fail instead of the entry. */
function time(fields: StreamFields, name: string): Date {
  const value = integer(fields, name, 0);
  if (value > 8_640_000_000_000_000) throw new Unfit(`The field ${name} is a time that no date holds`);
  return new Date(value);
}

const integerOr = (fields: StreamFields, name: string): number | null =>
  fields[name] === undefined ? null : integer(fields, name);

function uuidOr(fields: StreamFields, name: string): string | null {
  const text = fields[name];
  if (text === undefined) return null;
  if (!UUID.test(text)) throw new Unfit(`The field ${name} is no UUID`);
  return text;
}

const isKind = (text: string | undefined): text is EntryKind => ENTRY_KINDS.some((kind) => kind === text);

/** Reads the details of a use. */
function detailsOf(text: string): UsageDetails {
  const read: unknown = JSON.parse(text);
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(read)) throw new Unfit("The details are no object");
  const { s, m, ip, ua } = read;
  for (const part of [s, ip, ua]) {
    if (part !== undefined && typeof part !== "string") throw new Unfit("Session, address or agent is no text");
  }
  if (m !== undefined) {
    if (!isObject(m)) throw new Unfit("The metadata is no object");
    for (const value of Object.values(m)) {
      if (typeof value !== "string" && typeof value !== "boolean" && !Number.isFinite(value)) {
        throw new Unfit("A value of the metadata is neither text nor number nor truth value");
      }
    }
  }
  return read as UsageDetails;
}

/** Reads `id,delta;…`. */
const parts = (packed: string): [string, number][] =>
  Array.from(packed.matchAll(/([^,;]+),(-?\d+);/g), ([, id, delta]) => [id as string, Number(delta)]);

/** Why something that was read does not fit, in a sentence for whoever opens the dead letter. */
const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Reads an entry of the outbox. Never throws: what cannot be read is kept as far as it can be.
 */
export function readEntry(streamId: string, fields: StreamFields): LedgerEvent | UnreadableEvent | Unplaced {
  let at: Place;
  try {
    const account = fields.a ?? "";
    const owner = parseAccountName(account);
    if (!owner) throw new Unfit("The entry names no account");
    const operationId = fields.o ?? "";
    if (operationId.length < 1 || operationId.length > 80) throw new Unfit("The entry names no operation");
    at = {
      streamId,
      fields,
      account,
      ...owner,
      epoch: integer(fields, "e", 1),
      seq: integer(fields, "s", 1),
      operationId,
      delta: integer(fields, "d"),
      balanceAfter: integer(fields, "b", 0),
    };
  } catch (error) {
    return { streamId, fields, error: why(error) };
  }
  try {
    const { k: kind, g } = fields;
    if (!isKind(kind)) throw new Unfit("The kind of entry is not known");
    if (g === undefined) throw new Unfit("The entry has no parts");
    const never = fields.x === undefined || fields.x === "0";
    const intent = uuidOr(fields, "j");
    return {
      ...at,
      kind,
      tokens: integer(fields, "t", 0),
      grantParts: parts(g),
      appId: fields.p ?? null,
      price: integerOr(fields, "c"),
      keyId: fields.y ?? null,
      grantId: fields.r ?? null,
      expiresAt: never ? null : time(fields, "x"),
      told: integerOr(fields, "w"),
      reservationId: uuidOr(fields, "v"),
      reverses: uuidOr(fields, "z"),
      // A grant's intent is the grant.
      intentId: intent ?? (kind === "grant" ? (fields.r ?? null) : null),
      idempotencyHash: fields.i ?? null,
      requestHash: fields.h ?? null,
      occurredAt: time(fields, "n"),
      details: fields.m ? detailsOf(fields.m) : {},
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
