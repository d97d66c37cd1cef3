import type { Account, Cap, Counted, Entry, Grant, Hold, Hot, State } from "./state";
import { idOf } from "./state";

/** The arithmetic of one account, as the design's sentences say it. */

export const MAX_RELEASED = 50;

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
export const monthOf = (ms: number): string => dayOf(ms).slice(0, 7);

/** Soonest expiry first, a plan's before others on a tie, then the oldest. */
export function inBurnOrder(s: State, grants: Grant[]): Grant[] {
  return grants.toSorted((a, b) => {
    if (a.expires !== b.expires) return a.expires - b.expires;
    if ((a.source === "plan") !== (b.source === "plan")) return a.source === "plan" ? -1 : 1;
    return idOf(s, a.id) < idOf(s, b.id) ? -1 : 1;
  });
}

/** Puts tokens back into a grant, or opens it again with them. */
export function give(s: State, hot: { grants: Grant[] }, grant: Grant): void {
  const there = hot.grants.find((one) => one.id === grant.id);
  if (there) there.left += grant.left;
  else hot.grants = inBurnOrder(s, [...hot.grants, { ...grant }]);
}

/** Takes tokens in burn order. @returns what each grant gave */
export function burn(hot: { grants: Grant[] }, tokens: number): Grant[] {
  const taken: Grant[] = [];
  let missing = tokens;
  for (const grant of hot.grants) {
    const burnt = Math.min(grant.left, missing);
    grant.left -= burnt;
    missing -= burnt;
    if (burnt > 0) taken.push({ ...grant, left: burnt });
  }
  hot.grants = hot.grants.filter((grant) => grant.left > 0);
  return taken;
}

/** What a hold gives back where some of it was used: first in, first used. */
export function givenBack(parts: readonly Grant[], used: number): Grant[] {
  let rest = used;
  return parts.flatMap((part) => {
    const consumed = Math.min(part.left, rest);
    rest -= consumed;
    return part.left > consumed ? [{ ...part, left: part.left - consumed }] : [];
  });
}

export const sum = (grants: readonly Grant[]): number => grants.reduce((total, grant) => total + grant.left, 0);
/** What can be spent: only grants whose time is not over. */
export const available = (hot: Hot, now: number): number => sum(hot.grants.filter((grant) => grant.expires > now));
const signed = (grants: readonly Grant[], sign: 1 | -1): [string, number][] =>
  grants.map((grant) => [grant.id, sign * grant.left]);

/** Counts what is spent now, or given back of what was spent at `when`. A clock set back forgets nothing. */
export function spend(hot: Hot, now: number, app: string, tokens: number, when: number): void {
  for (const cap of hot.caps) {
    if (dayOf(now) > cap.day) Object.assign(cap, { day: dayOf(now), today: 0 });
    if (monthOf(now) > cap.month) Object.assign(cap, { month: monthOf(now), thisMonth: 0 });
    if (cap.scope !== "*" && cap.scope !== app) continue;
    if (tokens > 0 || dayOf(when) === cap.day) cap.today = Math.max(0, cap.today + tokens);
    if (tokens > 0 || monthOf(when) === cap.month) cap.thisMonth = Math.max(0, cap.thisMonth + tokens);
  }
}

/** True where a cap does not let an amount pass. */
export function capped(hot: Hot, now: number, app: string, tokens: number): boolean {
  return hot.caps.some((cap) => {
    if (cap.scope !== "*" && cap.scope !== app) return false;
    const today = dayOf(now) > cap.day ? 0 : cap.today;
    const thisMonth = monthOf(now) > cap.month ? 0 : cap.thisMonth;
    return (
      (cap.daily !== null && today + tokens > cap.daily) || (cap.monthly !== null && thisMonth + tokens > cap.monthly)
    );
  });
}

/** An entry takes its place in the account's chain and in the outbox. */
export function emit(
  s: State,
  a: Account,
  hot: Hot,
  entry: Omit<Entry, "mode" | "epoch" | "seq" | "balance" | "at">,
): Entry {
  hot.seq++;
  hot.balance += entry.delta;
  const whole: Entry = { ...entry, mode: a.mode, epoch: hot.epoch, seq: hot.seq, balance: hot.balance, at: s.now };
  s.outbox.push(whole);
  return whole;
}

/** Takes off the holds whose time is over and puts their tokens back; `commit` then writes it down. */
export function releaseDue(s: State, hot: Hot): { hold: Hold; back: Grant[] }[] {
  const due = hot.holds
    .filter((hold) => hold.expires <= s.now)
    .toSorted((a, b) => a.expires - b.expires || (idOf(s, a.ref) < idOf(s, b.ref) ? -1 : 1))
    .slice(0, MAX_RELEASED);
  return due.map((hold) => {
    const back = givenBack(hold.parts, 0);
    for (const grant of back) give(s, hot, grant);
    spend(hot, s.now, hold.app, -hold.tokens, hold.created);
    hot.holds = hot.holds.filter((other) => other.ref !== hold.ref);
    return { hold, back };
  });
}

/** Writes down what was released, and writes off the grants whose time is over. */
export function commit(s: State, a: Account, hot: Hot, released: readonly { hold: Hold; back: Grant[] }[]): void {
  for (const { hold, back } of released) {
    emit(s, a, hot, {
      kind: "release",
      op: `release:${hold.ref}`,
      tokens: hold.tokens,
      delta: sum(back),
      parts: signed(back, 1),
      app: hold.app,
      reservation: hold.ref,
    });
  }
  for (const grant of hot.grants.filter((one) => one.expires <= s.now && one.left > 0)) {
    emit(s, a, hot, {
      kind: "expiry",
      op: `expiry:${grant.id}:${hot.epoch}:${hot.seq + 1}`,
      tokens: grant.left,
      delta: -grant.left,
      parts: [[grant.id, -grant.left]],
    });
  }
  hot.grants = hot.grants.filter((one) => one.expires > s.now);
}

/** Everything that is due, at once. */
export const sweep = (s: State, a: Account, hot: Hot): void => commit(s, a, hot, releaseDue(s, hot));

/** Carries an intent out on what Redis holds. @returns false where it is refused */
export function carryOut(s: State, a: Account, hot: Hot, intent: Intent, use: Used | null): boolean {
  if (hot.done.has(intent.id)) return true;
  const { id, tokens } = intent;
  const by = { intent: id };
  if (intent.kind === "grant") {
    sweep(s, a, hot);
    const grant = { id, source: intent.source, left: tokens, expires: intent.expires };
    give(s, hot, grant);
    emit(s, a, hot, {
      kind: "grant",
      op: `grant:${id}`,
      tokens,
      delta: tokens,
      parts: [[id, tokens]],
      opens: grant,
      ...by,
    });
  } else if (intent.kind === "refund") {
    if (!use) return true;
    refund(s, a, hot, id, use);
  } else if (intent.kind === "expiry") {
    sweep(s, a, hot);
    const left = hot.grants.find((grant) => grant.id === intent.target)?.left ?? 0;
    hot.grants = hot.grants.filter((grant) => grant.id !== intent.target);
    hot.ends.set(intent.target, s.now);
    for (const hold of hot.holds) {
      for (const part of hold.parts) if (part.id === intent.target) part.expires = s.now;
    }
    const parts: [string, number][] = left > 0 ? [[intent.target, -left]] : [];
    emit(s, a, hot, { kind: "expiry", op: `end:${id}`, tokens: left, delta: -left, parts, ends: intent.target, ...by });
  } else {
    const trial = structuredClone(hot);
    const released = releaseDue(s, trial);
    if (available(trial, s.now) < tokens) return false;
    commit(s, a, trial, released);
    const taken = burn(trial, tokens);
    emit(s, a, trial, {
      kind: "adjustment",
      op: `adjust:${id}`,
      tokens,
      delta: -tokens,
      parts: signed(taken, -1),
      ...by,
    });
    Object.assign(hot, trial);
  }
  hot.done.add(id);
  return true;
}

/** A use as the ledger tells it. */
export interface Used {
  ref: string;
  app: string;
  tokens: number;
  at: number;
  parts: Grant[];
}
type Intent = Account["intents"][number];

const REFUND_GRANT_MS = 30 * 86_400_000;

/** To each grant what it gave; what came from one whose time is over becomes a grant of 30 days. */
function refund(s: State, a: Account, hot: Hot, id: string, use: Used): void {
  sweep(s, a, hot);
  const moved: Grant[] = [];
  let over = 0;
  for (const part of use.parts) {
    if ((hot.ends.get(part.id) ?? part.expires) <= s.now) {
      over += part.left;
    } else {
      give(s, hot, part);
      moved.push(part);
    }
  }
  const opened = { id, source: "refund", left: over, expires: s.now + REFUND_GRANT_MS };
  if (over > 0) {
    give(s, hot, opened);
    moved.push(opened);
  }
  emit(s, a, hot, {
    kind: "refund",
    op: `refund:${use.ref}`,
    tokens: use.tokens,
    delta: sum(use.parts),
    parts: signed(moved, 1),
    app: use.app,
    reverses: use.ref,
    intent: id,
    ...(over > 0 ? { opens: opened } : {}),
  });
  spend(hot, s.now, use.app, -use.tokens, use.at);
}

/** A cap as it stands with some uses counted. */
export function counted(cap: Cap, now: number, spent: readonly { app: string; tokens: number; at: number }[]): Counted {
  const own = spent.filter(({ app }) => cap.scope === "*" || cap.scope === app);
  const total = (those: typeof own): number => those.reduce((all, { tokens }) => all + tokens, 0);
  return {
    ...cap,
    day: dayOf(now),
    today: total(own.filter(({ at }) => dayOf(at) === dayOf(now))),
    month: monthOf(now),
    thisMonth: total(own.filter(({ at }) => monthOf(at) === monthOf(now))),
  };
}
