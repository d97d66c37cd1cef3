import type { Offers } from "./contract";

/** What an app can ask for, and what a plan gives; the later, the more. Plans carry the names of the tiers. */
export const TIERS = ["starter", "professional", "enterprise"] as const;
export type Tier = (typeof TIERS)[number];

/** The place of a plan among the others, by the tier that it gives; -1 for one that opens nothing. */
export const rankOf = (planId: string): number => TIERS.indexOf(planId as Tier);

/** A brand's subscription as far as apps ask about it. */
export interface Coverage {
  /** Null where the brand has none, which leaves all tiers open: it pays for tokens only. */
  readonly plan: { readonly id: string; readonly name: string } | null;
  /** False where the subscription has ended or is unpaid. */
  readonly inForce: boolean;
}

/** Whether a brand may turn on an app of a tier. */
export function covers(coverage: Coverage, tier: Tier): boolean {
  const { plan } = coverage;
  if (plan === null) return true;
  if (!coverage.inForce) return false;
  // A plan we do not know the rank of opens nothing: a new plan has to be given one.
  return TIERS.indexOf(plan.id as Tier) >= TIERS.indexOf(tier);
}

/** One way to pay for a month of use. */
export interface Way {
  readonly id: string;
  /** `Professional`, or `Starter and 1 pack of 5,000`. */
  readonly plan: string;
  readonly packs: readonly { readonly tokens: number; readonly count: number }[];
  readonly priceCents: number;
}

/** Packs that cover an amount at the lowest price; at most `most` of the largest are looked at. */
export function cheapestPacks(packs: Offers["packs"], tokens: number): Pick<Way, "packs" | "priceCents"> | null {
  if (tokens <= 0) return { packs: [], priceCents: 0 };
  const largest = packs.at(-1);
  if (!largest) return null;
  // Beyond a few of the largest only more of it can be cheaper, so the small table below stays small.
  const unit = packs.reduce((common, pack) => greatest(common, pack.tokens), 0);
  const bulk = Math.max(0, Math.floor(tokens / largest.tokens) - 1);
  const steps = Math.ceil((tokens - bulk * largest.tokens) / unit);
  const best: ({ cents: number; from: number; pack: number } | undefined)[] = [{ cents: 0, from: 0, pack: -1 }];
  for (let step = 1; step <= steps; step++) {
    packs.forEach((pack, at) => {
      const from = Math.max(0, step - pack.tokens / unit);
      const before = best[from];
      if (!before) return;
      const cents = before.cents + pack.priceCents;
      if (!best[step] || cents < (best[step]?.cents ?? 0)) best[step] = { cents, from, pack: at };
    });
  }
  const counts = packs.map(() => 0);
  counts[packs.length - 1] = bulk;
  for (let at = best[steps], step = steps; at && step > 0; step = at.from, at = best[step]) {
    counts[at.pack] = (counts[at.pack] ?? 0) + 1;
  }
  return {
    packs: packs.map((pack, at) => ({ tokens: pack.tokens, count: counts[at] ?? 0 })).filter(({ count }) => count > 0),
    priceCents: packs.reduce((sum, pack, at) => sum + pack.priceCents * (counts[at] ?? 0), 0),
  };
}

const greatest = (one: number, other: number): number => (other === 0 ? one : greatest(other, one % other));

/**
 * The ways to pay for a number of tokens a month with an app of a tier: each plan that opens it, filled up with packs,
 * the cheapest first.
 */
export function waysToPay(offers: Offers, tier: Tier, tokens: number): Way[] {
  const open = offers.plans.filter((plan) => TIERS.indexOf(plan.id as Tier) >= TIERS.indexOf(tier));
  return open
    .flatMap((plan) => {
      const missing = plan.tokensPerMonth === -1 ? 0 : Math.max(0, tokens - plan.tokensPerMonth);
      const more = cheapestPacks(offers.packs, missing);
      return more
        ? [{ id: plan.id, plan: plan.name, packs: more.packs, priceCents: plan.priceCents + more.priceCents }]
        : [];
    })
    .toSorted((a, b) => a.priceCents - b.priceCents);
}
