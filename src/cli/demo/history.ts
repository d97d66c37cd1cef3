import { type Grant, packGrants } from "@/features/metering/rules";
import { uuidv7 } from "@/lib/ids";

/** A day in milliseconds. */
export const DAY = 86_400_000;
/** How many days the demo brand looks back on. */
export const DAYS = 60;

/** One event as the outbox carries it: field and value. */
export type Fields = Readonly<Record<string, string>>;

/** Tokens that were granted in the past, and when. */
export interface PastGrant {
  readonly id: string;
  readonly source: "plan" | "pack";
  readonly tokens: number;
  readonly at: number;
  /** Null for never. */
  readonly expiresAt: number | null;
}

/** What shoppers used, by app: price, how often of ten uses, and how long it takes, ms. */
const MIX = [
  { app: "vto-001", price: 5, of: 6, takes: 1_250 },
  { app: "pdc-001", price: 1, of: 4, takes: 640 },
] as const;
const FRAMES = ["aurora", "birch", "cove", "delta", "ember", "fjord", "grove", "harbour"];
const AGENTS = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
];
/** Uses on an ordinary day when the brand began, by day of the week from Sunday: glasses are looked for at the weekend. */
const WEEK = [74, 52, 50, 53, 57, 63, 82];
/** How the uses of a day fall on its hours. */
const HOURS = [1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 10, 12, 11, 9, 9, 10, 11, 13, 16, 18, 15, 9, 4];
/** A campaign, in days before today. */
const CAMPAIGN = { from: 24, to: 20, times: 1.8 };

/** Chance from a seed, so that every demo brand has had the same shoppers (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const weighted = (draw: number, weights: readonly number[]): number => {
  let left = draw * weights.reduce((a, b) => a + b, 0);
  return Math.max(
    0,
    weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    }),
  );
};

/** When uses were made, oldest first: a week's rhythm, slow growth, a campaign and a little noise. */
function moments(now: number, next: () => number): number[] {
  const midnight = Math.floor(now / DAY) * DAY;
  const times: number[] = [];
  for (let ago = DAYS; ago >= 0; ago--) {
    const day = midnight - ago * DAY;
    const ordinary = (WEEK[new Date(day).getUTCDay()] ?? 0) * (1 + ((DAYS - ago) / DAYS) * 0.35);
    const campaign = ago <= CAMPAIGN.from && ago >= CAMPAIGN.to ? CAMPAIGN.times : 1;
    const uses = Math.round(ordinary * campaign * (0.85 + next() * 0.3));
    for (let i = 0; i < uses; i++) {
      times.push(day + weighted(next(), HOURS) * 3_600_000 + Math.floor(next() * 3_600_000));
    }
  }
  return times.filter((at) => at < now - 60_000).toSorted((a, b) => a - b);
}

/** Soonest to expire first, a plan's before a pack's, then the oldest: as the script burns them. */
const burnOrder = (a: Grant, b: Grant): number =>
  (a.expiresAt || Infinity) - (b.expiresAt || Infinity) ||
  (a.source === "plan" ? -1 : 1) - (b.source === "plan" ? -1 : 1);

/**
 * The events of sixty days as the script would have written them, numbered from 1 in their order: grants, uses that burn
 * them, and what expired unused. A use that the balance does not cover was refused, and left nothing.
 * @param account `<customer>:live`
 * @param keyId the public key that the shop used
 * @param now Unix ms
 * @returns the events, and what the account then holds, and when something of it expires next
 */
export function historyOf(
  { account, keyId, epoch, grants }: { account: string; keyId: string; epoch: number; grants: readonly PastGrant[] },
  now: number,
): { readonly events: Fields[]; readonly balance: number; readonly packed: string; readonly due: number } {
  const next = chance(20_261_121);
  const events: Fields[] = [];
  let held: Grant[] = [];
  let balance = 0;
  const write = (at: number, kind: string, operation: string, tokens: number, delta: number, more: Fields): void => {
    balance += delta;
    events.push({
      a: account,
      e: String(epoch),
      s: String(events.length + 1),
      o: operation,
      k: kind,
      t: String(tokens),
      d: String(delta),
      b: String(balance),
      n: String(at),
      ...more,
    });
  };
  const expire = (until: number): void => {
    for (const grant of held.filter(({ expiresAt }) => expiresAt > 0 && expiresAt <= until).toSorted(burnOrder)) {
      held = held.filter((other) => other !== grant);
      if (grant.remaining === 0) continue;
      const operation = `expiry:${grant.id}:${epoch}:${events.length + 1}`;
      const parts = `${grant.id},${-grant.remaining};`;
      write(grant.expiresAt, "expiry", operation, grant.remaining, -grant.remaining, { g: parts, r: grant.id });
    }
  };
  const open = ({ id, source, tokens, at, expiresAt }: PastGrant): void => {
    expire(at);
    held = [...held, { id, source, remaining: tokens, expiresAt: expiresAt ?? 0 }].toSorted(burnOrder);
    const parts = `${id},${tokens};`;
    write(at, "grant", `grant:${id}`, tokens, tokens, { g: parts, r: id, x: String(expiresAt ?? 0) });
  };
  const use = (at: number): void => {
    expire(at);
    const { app, price, takes } =
      MIX[
        weighted(
          next(),
          MIX.map(({ of }) => of),
        )
      ] ?? MIX[0];
    const details = {
      s: `visit-${Math.floor(at / 1_800_000).toString(36)}-${Math.floor(next() * 40)}`,
      m: {
        product_id: `frame-${FRAMES[Math.floor(next() * FRAMES.length)]}`,
        processing_time_ms: Math.round(takes * (0.7 + next() * 0.9)),
      },
      // An address of the block that is set aside for examples.
      ip: `198.51.100.${Math.floor(next() * 254) + 1}`,
      ua: AGENTS[weighted(next(), [5, 3, 4])],
    };
    if (balance < price) return;
    let left: number = price;
    let parts = "";
    held = held.map((grant) => {
      const burnt = Math.min(grant.remaining, left);
      left -= burnt;
      if (burnt > 0) parts += `${grant.id},${-burnt};`;
      return burnt > 0 ? { ...grant, remaining: grant.remaining - burnt } : grant;
    });
    write(at, "usage", uuidv7(at), price, -price, {
      g: parts,
      p: app,
      c: String(price),
      y: keyId,
      m: JSON.stringify(details),
    });
  };
  const all = [
    ...grants.map((grant) => ({ at: grant.at, act: () => open(grant) })),
    ...moments(now, next).map((at) => ({ at, act: () => use(at) })),
  ];
  for (const { act } of all.toSorted((a, b) => a.at - b.at)) act();
  expire(now);
  const left = held.filter(({ remaining }) => remaining > 0);
  const ends = left.map(({ expiresAt }) => expiresAt).filter((at) => at > 0);
  return { events, balance, packed: packGrants(left), due: Math.min(...ends) };
}
