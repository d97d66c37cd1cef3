/** When a pack is bought by itself. */
export interface TopUpRule {
  readonly threshold: number;
  readonly tokens: number;
  readonly priceCents: number;
  readonly monthlyLimitCents: number;
  readonly cooldownMinutes: number;
}

/** What is known at the moment of the decision. */
export interface TopUpState {
  readonly balance: number;
  readonly now: Date;
  readonly lastBegunAt: Date | null;
  readonly spentThisMonthCents: number;
}

/** Whether what top-ups have cost this month leaves no room for one more pack: until it ends none is bought. */
export const isPastLimit = (
  { priceCents, monthlyLimitCents }: Pick<TopUpRule, "priceCents" | "monthlyLimitCents">,
  spentThisMonthCents: number,
): boolean => spentThisMonthCents + priceCents > monthlyLimitCents;

/** Why a pack is not bought now, or `buy`. */
export function topUpDecision(rule: TopUpRule, state: TopUpState): "buy" | "enough" | "cooldown" | "limit" {
  if (state.balance > rule.threshold) return "enough";
  if (state.lastBegunAt && state.now.getTime() - state.lastBegunAt.getTime() < rule.cooldownMinutes * 60_000) {
    return "cooldown";
  }
  return isPastLimit(rule, state.spentThisMonthCents) ? "limit" : "buy";
}

/** What happened on an account, in the order of time: tokens used, or put in or taken out otherwise. */
export interface Happening {
  readonly at: Date;
  readonly used: number;
  /** Grants, refunds and expiries; not those of automatic top-ups. */
  readonly moved: number;
}

export interface Played {
  readonly topUps: number;
  readonly costCents: number;
  readonly stoppedAt: Date | null;
  readonly tokensRefused: number;
}

/**
 * Plays a month again under other settings. What was used then is what is asked for; where the balance does not cover it,
 * it is refused. The happenings may be sums of a few minutes, of no more than the cooldown: then a stop is known to them.
 */
export function playAgain(opening: number, happenings: readonly Happening[], rule: TopUpRule | null): Played {
  let balance = opening;
  let topUps = 0;
  let last: Date | null = null;
  let stoppedAt: Date | null = null;
  let tokensRefused = 0;
  const topUp = (now: Date): void => {
    if (!rule) return;
    const spentThisMonthCents = topUps * rule.priceCents;
    if (topUpDecision(rule, { balance, now, lastBegunAt: last, spentThisMonthCents }) !== "buy") return;
    balance += rule.tokens;
    topUps++;
    last = now;
  };
  for (const { at, used, moved } of happenings) {
    balance = Math.max(0, balance + moved);
    topUp(at);
    const taken = Math.min(balance, used);
    balance -= taken;
    let missing = used - taken;
    topUp(at);
    const after = Math.min(balance, missing);
    balance -= after;
    missing -= after;
    if (missing > 0) {
      stoppedAt ??= at;
      tokensRefused += missing;
    }
  }
  return { topUps, costCents: topUps * (rule?.priceCents ?? 0), stoppedAt, tokensRefused };
}

/** `2026-10` of the month before a moment (UTC), and where it begins and ends. */
export function monthBefore(now: Date): { readonly month: string; readonly start: Date; readonly end: Date } {
  const start = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  return { month: start.toISOString().slice(0, 7), start, end: monthStart(now) };
}

/** Where the month of a moment begins, UTC. */
export const monthStart = (now: Date): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
