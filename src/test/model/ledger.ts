import { counted, givenBack, inBurnOrder, monthOf, sum, type Used } from "./account";
import type { Account, Entry, Grant, Hold, Hot, State } from "./state";
import { MODES } from "./state";

/** How entries come into the ledger, and how an account comes back from it. */

const DAY_MS = 86_400_000;
export const REMEMBERED_MS = 25 * 3_600_000;

/** Where a drain may die. */
export type CrashPoint = "read" | "written" | "committed" | "deleted";

/**
 * Moves the outbox into the ledger: what follows its chain is written, what was there is passed over, the rest forks.
 * @param crash where it dies, if it comes there
 * @returns whether it died
 */
export function drain(s: State, crash?: CrashPoint): boolean {
  if (crash === "read") return true;
  const empty = s.outbox.length === 0;
  if (crash === "written" && !empty) {
    // Nothing of it is kept, but Redis was told already.
    if (s.restarted) Object.assign(s, { catalogGen: null, strayed: true });
    return true;
  }
  if (s.restarted) {
    s.gen++;
    s.catalogGen = null;
    s.restarted = false;
    s.strayed = false;
  }
  const over = new Map<Account, number>();
  for (const entry of s.outbox) {
    const a = s.accounts[entry.mode];
    const verdict = place(a, entry);
    if (verdict === "next") {
      a.ledger.push(entry);
      Object.assign(a.head, { seq: entry.seq, balance: entry.balance });
      const intent = a.intents.find((one) => one.id === entry.intent);
      if (intent) intent.refused = false;
    } else if (verdict === "fork") {
      const { head } = a;
      if (!a.letters.some((letter) => letter.entry === entry)) a.letters.push({ entry, resolved: false });
      if (entry.epoch >= head.epoch) head.forked = true;
      over.set(a, entry.epoch >= head.epoch ? head.epoch : Math.max(entry.epoch, over.get(a) ?? 0));
    }
  }
  if (crash === "committed" && !empty) return true;
  for (const [a, epoch] of over) retire(a.hot, epoch);
  s.outbox = [];
  return crash === "deleted" && !empty;
}

/** How an entry stands to its account's chain. */
function place(a: Account, entry: Entry): "next" | "same" | "fork" {
  const { head } = a;
  if (entry.epoch > head.epoch || (entry.epoch === head.epoch && entry.seq > head.seq)) {
    const follows =
      entry.epoch === head.epoch && entry.seq === head.seq + 1 && entry.balance === head.balance + entry.delta;
    return follows && !head.forked ? "next" : "fork";
  }
  const here = (other: Entry) => other.epoch === entry.epoch && other.seq === entry.seq;
  const there = a.ledger.find(here);
  const same = there ? there.op === entry.op : a.letters.some((l) => here(l.entry) && l.entry.op === entry.op);
  return same ? "same" : "fork";
}

function retire(hot: Hot | null, epoch: number): void {
  if (hot && hot.epoch <= epoch) Object.assign(hot, { retired: true, epoch });
}

/** True where an intent's entry is in the ledger. */
export const isApplied = (a: Account, id: string): boolean => a.ledger.some((entry) => entry.intent === id);

/** Every grant that the ledger knows, with what is left of it by its entries. */
function grantsOf(a: Account): Map<string, Grant> {
  const grants = new Map<string, Grant>();
  for (const entry of a.ledger) {
    if (entry.opens) grants.set(entry.opens.id, { ...entry.opens, left: 0 });
    for (const [id, delta] of entry.parts) {
      const grant = grants.get(id);
      if (grant) grant.left += delta;
    }
    const ended = entry.ends ? grants.get(entry.ends) : undefined;
    if (ended) ended.expires = Math.min(ended.expires, entry.at);
  }
  return grants;
}

/** Reservations that the ledger knows and nothing has resolved. */
function holdsOf(s: State, a: Account): Hold[] {
  const grants = grantsOf(a);
  const closed = new Set(a.ledger.flatMap((e) => (e.kind === "settle" || e.kind === "release" ? [e.reservation] : [])));
  return a.ledger.flatMap((entry) =>
    entry.hold && !closed.has(entry.hold.ref)
      ? [
          {
            ...entry.hold,
            parts: inBurnOrder(
              s,
              entry.parts.map(([id, delta]) => ({ ...(grants.get(id) as Grant), left: -delta })),
            ),
          },
        ]
      : [],
  );
}

/** A use with the grants it burned as they are now. */
export function usedBy(s: State, a: Account, ref: string): Used | null {
  const entry = a.ledger.find((one) => one.op === ref && (one.kind === "usage" || one.kind === "settle"));
  if (!entry) return null;
  const grants = grantsOf(a);
  const held = entry.kind === "settle" ? a.ledger.find((one) => one.hold?.ref === entry.reservation) : undefined;
  const taken = new Map<string, number>();
  for (const [id, delta] of [...(held?.parts ?? []), ...entry.parts]) taken.set(id, (taken.get(id) ?? 0) - delta);
  const parts = [...taken].filter(([, left]) => left > 0).map(([id, left]) => ({ ...(grants.get(id) as Grant), left }));
  return { ref, app: entry.app ?? "", tokens: entry.tokens, at: entry.at, parts: inBurnOrder(s, parts) };
}

/** What counts against the caps by the statistics: uses less refunds, and open reservations. */
function spentBy(a: Account, now: number, holds: readonly Hold[]) {
  const refunded = new Set(a.ledger.flatMap((entry) => entry.reverses ?? []));
  const uses = a.ledger
    .filter((entry) => (entry.kind === "usage" || entry.kind === "settle") && !refunded.has(entry.op))
    .map(({ app = "", tokens, at }) => ({ app, tokens, at }))
    // What was used in a month that a clock set back has not reached counts in this one.
    .map((use) => (monthOf(use.at) > monthOf(now) ? { ...use, at: lastOfMonth(now) } : use));
  return [...uses, ...holds.map((hold) => ({ app: hold.app, tokens: hold.tokens, at: hold.created }))];
}

/** A moment of this month that is not today. */
function lastOfMonth(now: number): number {
  const first = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), 1);
  return now - first >= DAY_MS ? first : first + DAY_MS;
}

/** True where what Redis holds is what the ledger believes in. */
export const isSound = (s: State, { hot, head }: Account): boolean =>
  hot !== null && !hot.retired && hot.epoch === head.epoch && hot.gen === s.gen && !head.forked && !head.retire;

/** Brings a missing or retired account back from the ledger, under a new epoch. */
export function hydrate(s: State, a: Account): void {
  if (isSound(s, a)) return;
  const { head } = a;
  const left = a.hot && { ...a.hot };
  const before = s.gen;
  retire(a.hot, head.epoch);
  drain(s);
  const whole =
    !head.forked &&
    before === s.gen &&
    left?.gen === before &&
    left.epoch === head.epoch &&
    left.seq === head.seq &&
    left.balance === head.balance;
  const unplanned = head.epoch > 0 && !whole;
  Object.assign(head, { epoch: head.epoch + 1, seq: 0, forked: false, retire: false });
  if (unplanned) a.lookUntil = s.now + DAY_MS;
  const lost = heal(s, a);
  if (unplanned || lost > 0) a.reports.push({ epoch: head.epoch, lost: lost > 0 ? lost : null });
  const grants = inBurnOrder(
    s,
    [...grantsOf(a).values()].filter((grant) => grant.left > 0),
  );
  const holds = holdsOf(s, a);
  if (sum(grants) !== head.balance) throw new Error("model: the grants do not add up to the balance");
  const spent = spentBy(a, s.now, holds);
  a.hot = {
    epoch: head.epoch,
    seq: head.seq,
    balance: head.balance,
    gen: s.gen,
    retired: false,
    grants,
    holds,
    caps: a.caps.map((cap) => counted(cap, s.now, spent)),
    unlimited: a.unlimited,
    lookUntil: a.lookUntil,
    keyFull: left?.keyFull ?? {},
    full: left?.full ?? 0,
    done: new Set(),
    ends: new Map(),
  };
}

/**
 * Posts again what was acknowledged and has lost its place: uses and reservations as far as the balance covers them, and
 * what became of reservations. @returns tokens that nothing covers
 */
function heal(s: State, a: Account): number {
  const waiting = a.letters
    .filter((letter) => !letter.resolved)
    .toSorted((x, y) => x.entry.epoch - y.entry.epoch || x.entry.seq - y.entry.seq);
  const known = new Set(a.ledger.map((entry) => entry.op));
  const holds = new Map(holdsOf(s, a).map((hold) => [hold.ref, hold]));
  const grants = grantsOf(a);
  let lost = 0;
  const post = (entry: Entry, delta: number, parts: [string, number][]): void => {
    a.head.seq++;
    a.head.balance += delta;
    for (const [id, moved] of parts) {
      const grant = grants.get(id);
      if (grant) grant.left += moved;
    }
    const { opens: _opens, ...rest } = entry;
    a.ledger.push({ ...rest, epoch: a.head.epoch, seq: a.head.seq, balance: a.head.balance, delta, parts });
    known.add(entry.op);
  };
  for (const letter of waiting) {
    const { entry } = letter;
    letter.resolved = true;
    if (known.has(entry.op)) continue;
    if (entry.kind === "usage" || entry.kind === "hold") {
      const list = inBurnOrder(
        s,
        [...grants.values()].filter((grant) => grant.left > 0),
      );
      const free = entry.delta === 0;
      if (!free && sum(list) < entry.tokens) {
        if (entry.kind === "usage") lost += entry.tokens;
        s.lost.push(entry);
        continue;
      }
      const parts: [string, number][] = [];
      let missing = free ? 0 : entry.tokens;
      for (const grant of list) {
        const burnt = Math.min(grant.left, missing);
        missing -= burnt;
        if (burnt > 0) parts.push([grant.id, -burnt]);
      }
      post(entry, free ? 0 : -entry.tokens, parts);
      if (entry.hold) {
        const held = parts.map(([id, delta]) => ({ ...(grants.get(id) as Grant), left: -delta }));
        holds.set(entry.hold.ref, { ...entry.hold, parts: held });
      }
    } else if (entry.kind === "settle" || entry.kind === "release") {
      const hold = holds.get(entry.reservation ?? "");
      if (!hold) {
        if (entry.kind === "settle") lost += entry.tokens;
        s.lost.push(entry);
        continue;
      }
      holds.delete(hold.ref);
      const back = givenBack(hold.parts, entry.kind === "settle" ? entry.tokens : 0);
      post(
        entry,
        sum(back),
        back.map((grant) => [grant.id, grant.left]),
      );
    }
  }
  return lost;
}

/** What Redis holds goes, with what it had not given to the ledger yet. */
export function flush(s: State): void {
  for (const mode of MODES) s.accounts[mode].hot = null;
  s.lost.push(...s.outbox);
  s.outbox = [];
  s.catalogGen = null;
  for (const key of Object.values(s.keys)) key.record = null;
  for (const each of [...s.operations, ...s.resolutions]) each.inRedis = false;
}

/** Redis as it is now, to come back to. */
export function save(s: State): void {
  s.saved = structuredClone({
    hot: { live: s.accounts.live.hot, test: s.accounts.test.hot },
    outbox: [],
    operations: s.operations.filter((each) => each.inRedis).map((each) => each.ref),
    resolutions: s.resolutions.filter((each) => each.inRedis).map((each) => each.ref),
  });
  // The very entries: one that has since been written is the same one.
  s.saved.outbox = [...s.outbox];
}

/** A failover to that older copy: what was written since is gone from Redis. */
export function restore(s: State): void {
  const { saved } = s;
  if (!saved) return;
  s.lost.push(...s.outbox.filter((entry) => !saved.outbox.includes(entry)));
  s.outbox = [...saved.outbox];
  const hot = structuredClone(saved.hot);
  for (const mode of MODES) s.accounts[mode].hot = hot[mode];
  for (const each of s.operations) each.inRedis = saved.operations.includes(each.ref);
  for (const each of s.resolutions) each.inRedis = saved.resolutions.includes(each.ref);
}

/** What Redis has forgotten by now because its time was over. */
export function forgetOld(s: State): void {
  for (const each of [...s.operations, ...s.resolutions]) if (each.at + REMEMBERED_MS <= s.now) each.inRedis = false;
}
