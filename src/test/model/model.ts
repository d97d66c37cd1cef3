import { available, burn, capped, commit, emit, give, givenBack, releaseDue, spend, sum } from "./account";
import { APPS, type Expected, ID, refused } from "./answers";
import { drain, hydrate, REMEMBERED_MS } from "./ledger";
import type { Account, Ask, Entry, Hold, Hot, Key, Operation, Resolution, State } from "./state";
import { idOf, newRef } from "./state";

/**
 * The oracle: what each call must answer, and what it leaves behind. One brand, every step at once; it knows the
 * contract's sentences and the product owner's prices, and no code of the product.
 */

/** What the wire does to a call: loses it, loses its answer, or sends it twice. */
export type Fault = "lost" | "answer lost" | "twice" | null;

type Missing = { missing: "catalog" | "key" | "account" | "unseen" };
const iso = (ms: number): string => new Date(ms).toISOString();
const keyOf = (s: State, name: string): Key => s.keys[name] as Key;
export const accountOf = (s: State, name: string): Account => s.accounts[keyOf(s, name).mode];
/** Under which name an operation is remembered; without a key of the caller's its id is the key. */
const nameOf = (s: State, ask: Ask, ref: string): string => {
  const { kind, mode } = keyOf(s, ask.key);
  return ask.does === "resolve" ? "" : [mode, kind, ask.does, ask.idem ?? ref].join(" ");
};

/**
 * What one request answers: its calls in order, each a step; what is missing is brought in and the call made again.
 * @returns an answer a call
 */
export function answer(s: State, asks: readonly Ask[], fault: Fault = null): Expected[] {
  const answers: Expected[] = asks.map(() => refused("metering_unavailable"));
  if (fault === "lost") return asks.map(() => refused("outcome_unknown"));
  // The id of an operation is made before its first attempt.
  const refs = asks.map((ask) => newRef(s, ask.does === "hold" ? "h" : "u"));
  const looked = new Set<number>();
  const loaded = new Set<string>();
  let pending = asks.map((_, i) => i);
  for (let turn = 0; turn < 6 && pending.length > 0; turn++) {
    const run = () => pending.map((i) => attempt(s, asks[i] as Ask, refs[i] as string, looked.has(i)));
    let replies = run();
    if (replies.some((reply) => !("missing" in reply))) {
      if (fault === "answer lost") {
        for (const i of pending) answers[i] = refused("outcome_unknown");
        return answers;
      }
      if (fault === "twice") replies = run();
    }
    const again: number[] = [];
    for (const [at, i] of pending.entries()) {
      const reply = replies[at] as Expected | Missing;
      if (!("missing" in reply)) {
        answers[i] = reply;
        continue;
      }
      const { missing } = reply;
      if (missing === "unseen") {
        if (looked.has(i) || !lookUp(s, asks[i] as Ask, refs[i] as string)) continue;
        looked.add(i);
      } else if (!loaded.has(`${missing}:${turn}`)) {
        if (loaded.has(missing)) return answers;
        bringIn(s, missing, asks[i] as Ask);
        loaded.add(missing).add(`${missing}:${turn}`);
      }
      again.push(i);
    }
    pending = again;
  }
  return answers;
}

function bringIn(s: State, missing: "catalog" | "key" | "account", ask: Ask): void {
  if (s.strayed) drain(s);
  const key = keyOf(s, ask.key);
  if (missing === "catalog") s.catalogGen = s.gen;
  else if (missing === "key") key.record = { gen: s.catalogGen ?? 0, revoked: key.revoked };
  else hydrate(s, accountOf(s, ask.key));
}

/** Looks into the ledger for what Redis may have forgotten. @returns false where nobody can tell yet */
function lookUp(s: State, ask: Ask, ref: string): boolean {
  const a = accountOf(s, ask.key);
  if (ask.does !== "resolve") {
    const name = nameOf(s, ask, ref);
    const entry = a.ledger.find((one) => one.name === name && one.at > s.now - REMEMBERED_MS);
    const operation = entry && s.operations.find((one) => one.ref === (entry.hold?.ref ?? entry.op));
    if (operation) operation.inRedis = true;
    return true;
  }
  drain(s);
  const held = a.ledger.find((entry) => entry.hold?.ref === ask.ref);
  if (!held) return true;
  const end = a.ledger.find((e) => (e.kind === "settle" || e.kind === "release") && e.reservation === ask.ref);
  if (!end) return false;
  const known = s.resolutions.find((one) => one.ref === ask.ref && one.end === end.op && one.at === end.at);
  if (known) known.inRedis = true;
  // Nobody asked for it: it released itself.
  else s.resolutions.push(resolution(s, held.hold as Hold, end, "", end.balance));
  return true;
}

/** One run of a call's script: an answer, or what it lacks. */
function attempt(s: State, ask: Ask, ref: string, looked: boolean): Expected | Missing {
  const key = keyOf(s, ask.key);
  if (s.catalogGen === null) return { missing: "catalog" };
  if (key.record?.gen !== s.catalogGen) return { missing: "key" };
  if (key.record.revoked || key.expires <= s.now) return refused("invalid_api_key");
  if (ask.does !== "consume" && key.kind === "pk") return refused("forbidden");
  if (!key.scoped) return refused("insufficient_scope");
  const a = accountOf(s, ask.key);

  if (ask.does === "resolve") {
    const known = s.resolutions.find((one) => one.inRedis && one.ref === ask.ref);
    if (known) return replayResolution(known, key, ask.tokens, ref);
  } else {
    const known = s.operations.find((one) => one.inRedis && one.name === nameOf(s, ask, ref));
    if (known) return replay(known, ask, ref);
  }
  if (!a.hot || a.hot.retired || a.hot.gen !== s.catalogGen) return { missing: "account" };
  if (ask.does !== "resolve" && a.hot.lookUntil > s.now && !looked) return { missing: "unseen" };
  const buckets = admit(s, a.hot, ask.key, key);
  if ("status" in buckets) return buckets;
  const count = (hot: Hot) => {
    hot.keyFull[ask.key] = buckets.key;
    hot.full = buckets.account;
  };
  if (ask.does === "resolve") return resolve(s, a, a.hot, key, ask, ref, looked, count);
  return spendNow(s, a, a.hot, key, ask, ref, count);
}

type Spend = Exclude<Ask, { does: "resolve" }>;
const requestOf = (ask: Spend): string =>
  ask.does === "consume" ? String(ask.session) : `${ask.tokens} ${ask.seconds}`;

function replay(known: Operation, ask: Spend, ref: string): Expected {
  const app = APPS[ask.app]?.id ?? ask.app;
  const amount = ask.does === "consume" ? (ask.amount ?? known.price) : known.amount;
  if (known.request !== requestOf(ask) || known.app !== app || known.amount !== amount) {
    return refused("idempotency_key_reused");
  }
  const field = ask.does === "consume" ? "usage_id" : "reservation_id";
  return {
    status: known.status,
    body: known.body,
    text: known.text,
    replayed: known.ref !== ref,
    learn: { field, ref: known.ref, of: known },
  };
}

/** A bucket is full again at a time; each request moves that on by an hour's `limit`th. */
function take(
  full: number,
  now: number,
  limit: number,
  burst: number,
): { next: number } | { wait: number; full: number } {
  const every = 3_600_000 / limit;
  const from = Math.max(full, now);
  const over = from + every - now - burst * every;
  if (over > 0.001) return { wait: Math.ceil(over / 1000), full: Number(from.toFixed(3)) };
  return { next: Number((from + every).toFixed(3)) };
}

function admit(s: State, hot: Hot, name: string, key: Key): { key: number; account: number } | Expected {
  const own = take(hot.keyFull[name] ?? 0, s.now, key.rate, key.burst);
  if ("wait" in own) return refused("rate_limited", undefined, String(own.wait));
  const account = take(hot.full, s.now, s.rate, s.burst);
  if ("wait" in account) {
    hot.keyFull[name] = own.next;
    hot.full = account.full;
    return refused("rate_limited", undefined, String(account.wait));
  }
  return { key: own.next, account: account.next };
}

/** A use or a reservation, from the app's own rules to the debit. */
function spendNow(
  s: State,
  a: Account,
  hot: Hot,
  key: Key,
  ask: Spend,
  ref: string,
  count: (hot: Hot) => void,
): Expected {
  count(hot);
  const app = APPS[ask.app];
  if (!app) return refused("app_not_found");
  if (!covers(key, app.id)) return refused("app_not_permitted");
  if (!app.active) return refused("app_not_active");
  const tokens = ask.does === "consume" ? (ask.amount ?? app.price) : ask.tokens;
  if (ask.does === "consume" && tokens !== app.price && (key.kind === "pk" || !app.variable)) {
    return refused("amount_not_allowed");
  }
  const trial = structuredClone(hot);
  const released = releaseDue(s, trial);
  if (capped(trial, s.now, app.id, tokens)) return refused("spend_cap_reached");
  const there = available(trial, s.now);
  if (!trial.unlimited && there < tokens) {
    const figures = { tokens_required: tokens, ...(key.kind === "sk" ? { tokens_remaining: there } : {}) };
    return refused("insufficient_tokens", figures);
  }
  a.hot = trial;
  commit(s, a, trial, released);
  const taken = trial.unlimited ? [] : burn(trial, tokens);
  const name = nameOf(s, ask, ref);
  const free = trial.unlimited;
  const hold: Hold | null =
    ask.does === "hold"
      ? { ref, app: app.id, tokens, expires: s.now + ask.seconds * 1000, created: s.now, free, parts: taken }
      : null;
  emit(s, a, trial, {
    kind: hold ? "hold" : "usage",
    op: ref,
    tokens,
    delta: -sum(taken),
    parts: taken.map((grant) => [grant.id, -grant.left]),
    app: app.id,
    name,
    ...(hold ? { hold: structuredClone(hold) } : {}),
  });
  if (hold) trial.holds.push(hold);
  spend(trial, s.now, app.id, tokens, s.now);
  const remaining = free ? null : trial.balance;
  const body: Record<string, unknown> = hold
    ? {
        reservation_id: ID,
        app_id: app.id,
        status: "held",
        tokens_reserved: tokens,
        tokens_remaining: remaining,
        expires_at: iso(hold.expires),
      }
    : {
        success: true,
        usage_id: ID,
        app_id: app.id,
        tokens_consumed: tokens,
        ...(key.kind === "sk" ? { tokens_remaining: remaining, unlimited: free } : {}),
        created_at: iso(s.now),
      };
  const operation: Operation = {
    name,
    inRedis: true,
    at: s.now,
    request: requestOf(ask),
    app: app.id,
    price: app.price,
    amount: tokens,
    ref,
    status: hold ? 201 : 200,
    body,
    text: null,
  };
  s.operations.push(operation);
  (hold ? s.reservations : s.uses).push({ ref, mode: a.mode });
  const field = hold ? "reservation_id" : "usage_id";
  return { status: operation.status, body, replayed: false, learn: { field, ref, of: operation } };
}

const covers = (key: Key, app: string): boolean => key.apps === null || key.apps.includes(app);

function replayResolution(known: Resolution, key: Key, tokens: number, ref: string): Expected {
  if (!covers(key, String(known.body.app_id))) return refused("app_not_permitted");
  const step = tokens === 0 ? "released" : "settled";
  if (known.step !== step || known.consumed !== tokens) return refused("reservation_closed");
  return { status: 200, body: known.body, text: known.text, replayed: known.by !== ref, ...learnOf(known) };
}

const learnOf = (known: Resolution): Pick<Expected, "learn"> => ({
  learn: { field: "usage_id", ref: known.step === "settled" ? known.end : "", of: known },
});

/** @param by the call that brought it about; '' where it released itself */
function resolution(s: State, hold: Hold, end: Entry, by: string, balance: number): Resolution {
  const settled = end.kind === "settle";
  const consumed = settled ? end.tokens : 0;
  return {
    ref: hold.ref,
    by,
    end: end.op,
    inRedis: true,
    at: end.at,
    step: settled ? "settled" : "released",
    consumed,
    text: null,
    body: {
      reservation_id: idOf(s, hold.ref),
      app_id: hold.app,
      status: settled ? "settled" : "released",
      ...(settled ? { usage_id: ID } : {}),
      tokens_reserved: hold.tokens,
      tokens_consumed: consumed,
      tokens_returned: hold.tokens - consumed,
      tokens_remaining: hold.free ? null : balance,
      expires_at: iso(hold.expires),
    },
  };
}

function resolve(
  s: State,
  a: Account,
  hot: Hot,
  key: Key,
  ask: Extract<Ask, { does: "resolve" }>,
  ref: string,
  looked: boolean,
  count: (hot: Hot) => void,
): Expected | Missing {
  const hold = hot.holds.find((one) => one.ref === ask.ref);
  if (!hold) {
    if (!looked) return { missing: "unseen" };
    count(hot);
    return refused("reservation_not_found");
  }
  count(hot);
  if (!covers(key, hold.app)) return refused("app_not_permitted");
  if (ask.tokens > hold.tokens) return refused("amount_not_allowed");
  const step = hold.expires <= s.now || ask.tokens === 0 ? "released" : "settled";
  const used = step === "settled" ? ask.tokens : 0;
  const back = givenBack(hold.parts, used);
  for (const grant of back) give(s, hot, grant);
  const end = emit(s, a, hot, {
    kind: step === "settled" ? "settle" : "release",
    op: step === "settled" ? ref : `release:${hold.ref}`,
    tokens: step === "settled" ? used : hold.tokens,
    delta: sum(back),
    parts: back.map((grant) => [grant.id, grant.left]),
    app: hold.app,
    reservation: hold.ref,
  });
  spend(hot, s.now, hold.app, -hold.tokens, hold.created);
  if (used > 0) spend(hot, s.now, hold.app, used, s.now);
  hot.holds = hot.holds.filter((other) => other.ref !== hold.ref);
  commit(s, a, hot, releaseDue(s, hot));
  const known = resolution(s, hold, end, ref, hot.balance);
  s.resolutions.push(known);
  if (step === "settled") s.uses.push({ ref, mode: a.mode });
  if (known.consumed !== ask.tokens) return refused("reservation_closed");
  return { status: 200, body: known.body, replayed: false, ...learnOf(known) };
}
