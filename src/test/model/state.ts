/**
 * What the model believes of one brand: what Redis holds of it, what the ledger does, and what stands between the two.
 * Plain data, so that it can be cloned. It shares nothing with the product but the contract.
 */

export type Mode = "live" | "test";
export const MODES = ["live", "test"] as const;

/** `expires` in ms, Infinity for never. */
export interface Grant {
  id: string;
  source: string;
  left: number;
  expires: number;
}

/** A reservation; `parts` are what it took from which grant. */
export interface Hold {
  ref: string;
  app: string;
  tokens: number;
  expires: number;
  created: number;
  free: boolean;
  parts: Grant[];
}

export interface Cap {
  scope: string;
  daily: number | null;
  monthly: number | null;
}

/** A cap with what counts against it: for the day and the month (UTC) that were last counted. */
export interface Counted extends Cap {
  day: string;
  today: number;
  month: string;
  thisMonth: number;
}

/** What Redis holds of an account. */
export interface Hot {
  epoch: number;
  seq: number;
  balance: number;
  gen: number;
  retired: boolean;
  grants: Grant[];
  holds: Hold[];
  caps: Counted[];
  unlimited: boolean;
  lookUntil: number;
  /** When each key's bucket is full again; and the account's. */
  keyFull: Record<string, number>;
  full: number;
  /** Intents carried out here. */
  done: Set<string>;
  /** Grants ended here before their time. */
  ends: Map<string, number>;
}

export type Kind = "grant" | "usage" | "hold" | "settle" | "release" | "refund" | "expiry" | "adjustment";

/** One entry, wherever it is: in the outbox, in the ledger, or without a place. */
export interface Entry {
  mode: Mode;
  epoch: number;
  seq: number;
  balance: number;
  kind: Kind;
  /** What happened, whatever its place: an operation has one effect. */
  op: string;
  tokens: number;
  delta: number;
  parts: [string, number][];
  at: number;
  app?: string;
  opens?: Grant;
  ends?: string;
  intent?: string;
  hold?: Hold;
  reservation?: string;
  reverses?: string;
  /** The name of the operation under which a caller may ask for it again. */
  name?: string;
}

/** What an idempotency key, or a reservation's end, has led to. */
export interface Operation {
  name: string;
  inRedis: boolean;
  at: number;
  request: string;
  app: string;
  price: number;
  amount: number;
  ref: string;
  status: number;
  body: Record<string, unknown>;
  /** The bytes of the first answer; null until one has been seen. */
  text: string | null;
}

/** What became of a reservation, as Redis remembers it. */
export interface Resolution {
  /** The reservation, the call that resolved it, and its entry. */
  ref: string;
  by: string;
  end: string;
  inRedis: boolean;
  at: number;
  step: "settled" | "released";
  consumed: number;
  body: Record<string, unknown>;
  text: string | null;
}

export interface Intent {
  id: string;
  kind: "grant" | "refund" | "expiry" | "adjustment";
  source: string;
  tokens: number;
  expires: number;
  target: string;
  refused: boolean;
}

export interface Account {
  mode: Mode;
  hot: Hot | null;
  ledger: Entry[];
  head: { epoch: number; seq: number; balance: number; forked: boolean; retire: boolean };
  /** Entries that lost their place, and whether they were dealt with. */
  letters: { entry: Entry; resolved: boolean }[];
  reports: { epoch: number; lost: number | null }[];
  unlimited: boolean;
  lookUntil: number;
  caps: Cap[];
  intents: Intent[];
}

export interface Key {
  kind: "pk" | "sk";
  mode: Mode;
  apps: string[] | null;
  rate: number;
  burst: number;
  expires: number;
  scoped: boolean;
  revoked: boolean;
  /** What Redis knows of it. */
  record: { gen: number; revoked: boolean } | null;
}

/** One call of a brand's server or page. */
export type Ask =
  | { does: "consume"; key: string; app: string; amount: number | null; session: number; idem: string | null }
  | { does: "hold"; key: string; app: string; tokens: number; seconds: number; idem: string | null }
  | { does: "resolve"; key: string; ref: string; tokens: number };

/** What a snapshot of Redis keeps. */
export interface Saved {
  hot: Record<Mode, Hot | null>;
  outbox: Entry[];
  operations: string[];
  resolutions: string[];
}

export interface State {
  now: number;
  rate: number;
  burst: number;
  /** The partition's generation in Postgres, and that of the catalogue in Redis; null where there is none. */
  gen: number;
  catalogGen: number | null;
  /** Redis was started anew and no drain has noticed. */
  restarted: boolean;
  /** Redis was given another mark by a drain that died before it could say so: whoever brings something in has it drained. */
  strayed: boolean;
  keys: Record<string, Key>;
  accounts: Record<Mode, Account>;
  outbox: Entry[];
  operations: Operation[];
  resolutions: Resolution[];
  /** Ids as the answers told them, by the model's own names. */
  ids: Record<string, string>;
  /** Uses and reservations that the caller knows of. */
  uses: { ref: string; mode: Mode }[];
  reservations: { ref: string; mode: Mode }[];
  /** What has been asked, to be asked again. */
  asked: Ask[];
  /** Acknowledged and gone with what Redis lost: excused where nobody could have noticed. */
  lost: Entry[];
  saved: Saved | null;
  refs: number;
}

const account = (mode: Mode, unlimited: boolean): Account => ({
  mode,
  hot: null,
  ledger: [],
  head: { epoch: 0, seq: 0, balance: 0, forked: false, retire: false },
  letters: [],
  reports: [],
  unlimited,
  lookUntil: 0,
  caps: [],
  intents: [],
});

const key = (over: Partial<Key>): Key => ({
  kind: "sk",
  mode: "live",
  apps: null,
  rate: 1_000_000,
  burst: 1_000_000,
  expires: Number.POSITIVE_INFINITY,
  scoped: true,
  revoked: false,
  record: null,
  ...over,
});

/** A brand that has just been made, of which Redis knows nothing. */
export const newState = (now: number, limits: { rate: number; burst: number }, gen: number): State => ({
  now,
  ...limits,
  gen,
  catalogGen: null,
  restarted: false,
  strayed: false,
  keys: {
    sk: key({}),
    pk: key({ kind: "pk" }),
    few: key({ apps: ["pdc-001", "cai-001"], rate: 5, burst: 3 }),
    brief: key({ expires: now + 2 * 3_600_000 }),
    bare: key({ scoped: false }),
    test: key({ mode: "test" }),
  },
  accounts: { live: account("live", false), test: account("test", false) },
  outbox: [],
  operations: [],
  resolutions: [],
  ids: {},
  uses: [],
  reservations: [],
  asked: [],
  lost: [],
  saved: null,
  refs: 0,
});

/** A name of the model's own for something whose id only the product's answer tells. */
export const newRef = (s: State, prefix: string): string => `${prefix}${++s.refs}`;
/** The id of something, or its name in the model while no answer has told it. */
export const idOf = (s: State, ref: string): string => s.ids[ref] ?? ref;
