import { hmacSha256 } from "@/lib/digest";

/** A row of the log as the chain sees it. `createdAt` to the millisecond, because that is as much as is kept in the MAC. */
export interface ChainedRow {
  readonly customerId: string;
  readonly seq: number;
  readonly createdAt: Date;
  readonly actorType: string;
  readonly actorId: string;
  readonly action: string;
  readonly subject: string;
  readonly details: unknown;
}

/** The end of a brand's chain. */
export interface Head {
  readonly customerId: string;
  readonly seq: number;
  readonly hash: string;
}

/** What the first row follows. */
export const START = "start";

/** The key of the chain, out of the secret that keeps API keys: whoever has the database alone cannot make a MAC. */
export const chainKey = (secret: string): string => hmacSha256(secret, "connected-apps audit chain");

/** The MAC of a row that follows a row with the MAC `before`. */
export const hashOf = (key: string, before: string, row: ChainedRow): string =>
  hmacSha256(
    key,
    JSON.stringify([
      before,
      row.customerId,
      row.seq,
      row.createdAt.toISOString(),
      row.actorType,
      row.actorId,
      row.action,
      row.subject,
      canonical(row.details),
    ]),
  );

/** The seal of a chain's end. */
export const sealOf = (key: string, head: Head): string =>
  hmacSha256(key, JSON.stringify(["head", head.customerId, head.seq, head.hash]));

/**
 * What the next row follows. Where the end was not sealed by us it is somebody else's work: what comes after must not make
 * it good, so it follows something that no check will arrive at.
 */
export const follows = (key: string, head: Head, seal: string): string =>
  sealOf(key, head) === seal ? head.hash : `broken ${head.hash}`;

/** A value as JSON gives it back, with the keys of objects in order: the database keeps them in an order of its own. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inside]) => [name, canonical(inside)]),
  );
}

/** What is wrong with a chain, and where. */
export type Fault =
  | { readonly kind: "missing"; readonly seq: number }
  | { readonly kind: "changed"; readonly seq: number }
  | { readonly kind: "moved"; readonly seq: number }
  | { readonly kind: "cut"; readonly seq: number; readonly head: number }
  | { readonly kind: "head" }
  | { readonly kind: "kept"; readonly seq: number };

/** What a row's check needs of it beside what the MAC covers. */
export interface StoredRow extends ChainedRow {
  readonly id: number;
  readonly hash: string | null;
}

/**
 * Follows one chain, row by row in the order of `seq`. After a fault it goes on from the row as it stands, so that one
 * edit is one fault and not a thousand.
 */
export class ChainReader {
  readonly faults: Fault[] = [];
  #seq = 0;
  #hash = START;
  #id = 0;
  readonly #key: string;
  readonly #kept: ReadonlyMap<number, string>;
  #passed = 0;

  /** @param kept earlier ends of this chain that were kept elsewhere */
  constructor(key: string, kept: readonly Head[] = []) {
    this.#key = key;
    this.#kept = new Map(kept.map(({ seq, hash }) => [seq, hash]));
  }

  read(row: StoredRow): void {
    const expected = this.#seq + 1;
    if (row.seq !== expected) this.faults.push({ kind: "missing", seq: expected });
    else if (row.hash !== hashOf(this.#key, this.#hash, row)) this.faults.push({ kind: "changed", seq: row.seq });
    else if (row.id <= this.#id) this.faults.push({ kind: "moved", seq: row.seq });
    this.#seq = row.seq;
    this.#hash = row.hash ?? "";
    this.#id = Math.max(this.#id, row.id);
    const kept = this.#kept.get(row.seq);
    if (kept === undefined) return;
    this.#passed += 1;
    if (kept !== row.hash) this.faults.push({ kind: "kept", seq: row.seq });
  }

  /** Holds the end against the head, and sees that every earlier end came by. */
  end(head: (Head & { readonly seal: string }) | undefined): void {
    const last = Math.max(0, ...this.#kept.keys());
    if (this.#passed < this.#kept.size && last > this.#seq) {
      this.faults.push({ kind: "cut", seq: this.#seq, head: last });
    }
    if (!head) {
      if (this.#seq > 0) this.faults.push({ kind: "head" });
      return;
    }
    if (head.seq > this.#seq) this.faults.push({ kind: "cut", seq: this.#seq, head: head.seq });
    const sound = sealOf(this.#key, head) === head.seal;
    if (!sound || head.seq < this.#seq || (head.seq === this.#seq && head.hash !== this.#hash)) {
      this.faults.push({ kind: "head" });
    }
  }

  get length(): number {
    return this.#seq;
  }
}

/** A fault in words. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "missing":
      return `entry ${fault.seq} is missing`;
    case "changed":
      return `entry ${fault.seq} was changed, or what it follows was`;
    case "moved":
      return `entry ${fault.seq} stands in another place than it was written in`;
    case "cut":
      return `the log ends at entry ${fault.seq}, and ${fault.head} were written`;
    case "kept":
      return `entry ${fault.seq} is another one than was kept elsewhere`;
    case "head":
      return "the end of the log was tampered with";
  }
}
