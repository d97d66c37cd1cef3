import type { Tone } from "@/features/notifications/contract";
import type { Permission } from "@/features/team/rules";
import type { AlertKind } from "./contract";

/** What is to know of each kind: what its threshold counts, what a brand starts with, who is told. */
export const ALERTS: Readonly<
  Record<
    AlertKind,
    {
      readonly unit: "percent" | "tokens" | "days" | "times" | "none";
      readonly usual: readonly number[];
      readonly least: number;
      readonly most: number;
      readonly sees: Permission;
    }
  >
> = {
  plan_used: { unit: "percent", usual: [50, 80, 100], least: 1, most: 500, sees: "usage:read" },
  // The second is a tenth of the plan's tokens where there is a plan.
  low_balance: { unit: "tokens", usual: [0, 100], least: 0, most: 999_999_999, sees: "usage:read" },
  forecast: { unit: "days", usual: [7], least: 1, most: 30, sees: "usage:read" },
  unusual: { unit: "percent", usual: [50], least: 20, most: 1_000, sees: "usage:read" },
  cap_reached: { unit: "percent", usual: [100], least: 1, most: 100, sees: "usage:read" },
  payment_failed: { unit: "none", usual: [0], least: 0, most: 0, sees: "billing:read" },
  key_refused: { unit: "times", usual: [50], least: 5, most: 100_000, sees: "keys:read" },
};

/** The most rules a brand may have. */
export const MOST_RULES = 40;

/** What is known of a brand at one moment. What is not known is null, and then nothing is said of it. */
export interface BrandState {
  readonly timeZone: string;
  /** Of the subscription's period: what its plan gives and what was used; null without a plan, or on one without end. */
  readonly plan: {
    readonly period: string;
    readonly tokens: number;
    readonly used: number;
    readonly name: string;
  } | null;
  /** Below which balance billing mails by itself, as the brand has set it there. */
  readonly billingMailsAt: number | null;
  /** What the ledger says is left; null where tokens have no end, or none were ever there. */
  readonly balance: number | null;
  /** The least that a use of an app that is on takes: with fewer tokens than that left, there is nothing to use them on. */
  readonly least: number;
  /** Null where it is too early to tell; `days` is null where the tokens last. */
  readonly forecast: { readonly days: number | null; readonly on: string | null; readonly missing: number } | null;
  /** By direction; null while there are too few weeks. */
  readonly unusual: {
    readonly high: boolean;
    readonly low: boolean;
    /** Two ordinary hours on end. */
    readonly calm: boolean;
    readonly tokens: number;
    readonly usual: number;
    readonly hour: string;
  } | null;
  readonly caps: readonly {
    readonly scope: string;
    readonly name: string;
    readonly span: "day" | "month";
    readonly period: string;
    readonly limit: number;
    readonly used: number;
    /** The least that a use under it takes. */
    readonly least: number;
  }[];
  readonly billing: { readonly plan: string; readonly late: boolean; readonly graceUntil: string | null } | null;
  readonly topUp: { readonly stopped: boolean; readonly reason: string | null } | null;
  readonly refusals: readonly {
    readonly keyId: string;
    readonly name: string;
    readonly times: number;
    readonly code: string;
  }[];
}

/** Where one rule stands on one subject. Neither over nor clear is between the two, or unknown: then nothing changes. */
export interface Reading {
  readonly subject: string;
  /** What it counts in; another period is another crossing. */
  readonly period: string;
  readonly over: boolean;
  readonly clear: boolean;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** How far below its threshold a share of the plan must fall before it counts as crossed anew, percent points. */
const PLAN_BACK = 5;
/** The same for a balance: a fifth of the threshold, and ten tokens. */
const backAt = (tokens: number): number => tokens + Math.max(10, Math.ceil(tokens * 0.2));
/** And for a forecast, days. */
const FORECAST_BACK = 3;

const ranOut = ({ balance, least }: Pick<BrandState, "balance" | "least">): boolean =>
  balance !== null && balance < least;

/** Where a rule stands: one reading for each thing that it looks after. */
export function readings(kind: AlertKind, threshold: number, state: BrandState): Reading[] {
  const one = (over: boolean, clear: boolean, facts: Reading["facts"], subject = "", period = ""): Reading => ({
    subject,
    period,
    over,
    clear,
    facts,
  });
  switch (kind) {
    case "plan_used": {
      if (!state.plan || state.plan.tokens <= 0) return [];
      const { tokens, used, period, name } = state.plan;
      // Multiplied first: 2,900 of 10,000 are 29 %, which 0.29 × 100 is not.
      const percent = (used * 100) / tokens;
      return [one(percent >= threshold, percent < threshold - PLAN_BACK, { used, tokens, plan: name }, "", period)];
    }
    case "low_balance": {
      if (state.balance === null) return [];
      const { balance, least } = state;
      // At zero means as soon as the next use is refused, which comes before the last token.
      const mark = threshold === 0 ? least - 1 : threshold;
      return [one(balance <= mark, balance > backAt(mark), { balance, least })];
    }
    case "forecast": {
      if (!state.forecast) return [];
      const { days, on, missing } = state.forecast;
      // With nothing left there is nothing to foresee: the balance speaks.
      const over = days !== null && days <= threshold && !ranOut(state);
      return [one(over, days === null || days > threshold + FORECAST_BACK, { on, days, missing: Math.ceil(missing) })];
    }
    case "unusual": {
      if (!state.unusual) return [];
      const { high, low, calm, tokens, usual, hour } = state.unusual;
      const facts = { tokens, usual: Math.round(usual), hour };
      return [one(high, calm, facts, "high"), one(low, calm, facts, "low")];
    }
    case "cap_reached":
      return state.caps
        .filter(({ limit }) => limit > 0)
        .map(({ scope, name, span, period, limit, used, least }) => {
          // At a hundred: as soon as the next use is refused, which comes before the last token.
          const over = threshold >= 100 ? used + least > limit : used >= (limit * threshold) / 100;
          return one(over, !over, { name, span, limit, used }, `${scope}:${span}`, period);
        });
    case "payment_failed":
      return [
        ...(state.billing
          ? [
              one(
                state.billing.late,
                !state.billing.late,
                { plan: state.billing.plan, until: state.billing.graceUntil },
                "plan",
              ),
            ]
          : []),
        ...(state.topUp
          ? [one(state.topUp.stopped, !state.topUp.stopped, { reason: state.topUp.reason }, "top_up")]
          : []),
      ];
    case "key_refused":
      return state.refusals.map(({ keyId, name, times, code }) =>
        one(times >= threshold, times < threshold / 2, { name, times, code }, keyId),
      );
  }
}

/** True where billing tells the same in a mail of its own: with the bank's reason, or at the balance that was set there. */
export const mailedByBilling = (kind: AlertKind, { balance, least, billingMailsAt }: BrandState): boolean =>
  kind === "payment_failed" ||
  (kind === "low_balance" &&
    balance !== null &&
    billingMailsAt !== null &&
    balance <= billingMailsAt &&
    // Of a rest that pays for nothing billing says no more than of any other.
    (balance === 0 || !ranOut({ balance, least })));

/** A crossing that is open. */
export interface Open {
  readonly id: string;
  readonly subject: string;
  readonly period: string;
}

/** What a look at a rule leads to: crossings to close, and to open. */
export interface Change {
  readonly close: readonly Open[];
  readonly open: readonly Reading[];
}

/**
 * What became of a rule since the last look. Opens where it is over and nothing is open for that period; closes where it
 * is clear, or what it counts in is over. Between over and clear, nothing: that is what keeps a figure that trembles around
 * its threshold from telling twice.
 * @param all true where a subject without a reading is gone, false where nothing may be known of it
 */
export function changesOf(open: readonly Open[], now: readonly Reading[], all: boolean): Change {
  const close = open.filter(({ subject }) => all && !now.some((reading) => reading.subject === subject));
  const opened: Reading[] = [];
  for (const reading of now) {
    const there = open.find(({ subject }) => subject === reading.subject);
    const passed = there !== undefined && there.period !== reading.period;
    if (there && (passed || reading.clear)) close.push(there);
    if (reading.over && (!there || passed)) opened.push(reading);
  }
  return { close, open: opened };
}

/** Which of the rules that were crossed at once speaks for the others of its kind: the one that says most. */
export const speaksFirst = (kind: AlertKind, a: number, b: number): number =>
  kind === "low_balance" || kind === "forecast" ? a - b : b - a;

const count = (value: unknown): string => new Intl.NumberFormat("en-US").format(Number(value));
const tokensOf = (value: unknown): string => `${count(value)} ${Number(value) === 1 ? "token" : "tokens"}`;
const dateOf = (iso: string): string =>
  new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" }).format(
    new Date(`${iso}T00:00:00Z`),
  );

/** What a crossing says. */
export interface Words {
  readonly tone: Tone;
  readonly title: string;
  readonly body: string;
  readonly href: string;
  readonly action: string;
  readonly figures: readonly (readonly [string, string])[];
}

/** A crossing in words for whoever runs a brand: what happened, what it means, where to do something about it. */
export function wordsOf(
  kind: AlertKind,
  threshold: number,
  subject: string,
  facts: Readonly<Record<string, unknown>>,
): Words {
  const usage = { href: "/usage", action: "See usage" };
  const billing = { href: "/billing", action: "See billing" };
  switch (kind) {
    case "plan_used": {
      const { used, tokens, plan } = facts;
      const percent = Math.floor((Number(used) * 100) / Math.max(1, Number(tokens)));
      return {
        tone: threshold >= 100 ? "stopped" : threshold >= 80 ? "soon" : "info",
        title: `${percent}% of this period’s plan is used`,
        body:
          threshold >= 100
            ? "Widgets go on from packs, and pause when those are used up too. Buy a pack or upgrade to be sure."
            : `${tokensOf(Math.max(0, Number(tokens) - Number(used)))} of the plan are left until it renews.`,
        figures: [
          ["Used this period", tokensOf(used)],
          [`${plan} gives`, tokensOf(tokens)],
        ],
        ...billing,
      };
    }
    case "low_balance": {
      const [balance, least] = [Number(facts.balance), Number(facts.least ?? 1)];
      const out = balance < least;
      const rest =
        balance > 0
          ? `${tokensOf(balance)} ${balance === 1 ? "is" : "are"} left, fewer than any app that is on costs. `
          : "";
      return {
        tone: out ? "stopped" : "soon",
        title: out ? "Tokens ran out" : `${tokensOf(facts.balance)} left`,
        body: out
          ? `${rest}Your widgets are paused; nothing was lost, and your shop goes on. Buy a pack or upgrade to go on.`
          : "At zero your widgets pause until there are tokens again.",
        figures: [
          ["Balance", tokensOf(facts.balance)],
          ["You are told at", tokensOf(threshold)],
        ],
        ...billing,
        action: "Buy tokens",
      };
    }
    case "forecast": {
      const on = typeof facts.on === "string" ? dateOf(facts.on) : "soon";
      return {
        tone: "soon",
        title:
          Number(facts.days) === 0 ? "Tokens are expected to run out today" : `Tokens are expected to run out on ${on}`,
        body: `If use goes on as in the last weeks, ${tokensOf(facts.missing)} are missing by the end of the period.`,
        figures: [
          ["Runs out on", on],
          ["Missing by the end of the period", tokensOf(facts.missing)],
        ],
        ...usage,
        action: "See the forecast",
      };
    }
    case "unusual": {
      const { tokens, usual, hour } = facts;
      const low = subject === "low";
      return {
        tone: low ? "stopped" : "soon",
        title: low ? "Far less use than usual" : "Far more use than usual",
        body: low
          ? `${tokensOf(tokens)} from ${hour}, where about ${count(usual)} are usual. Check that your widgets still show.`
          : `${tokensOf(tokens)} from ${hour}, where about ${count(usual)} are usual. If no campaign explains it, look at keys and products.`,
        figures: [
          ["In that hour", tokensOf(tokens)],
          ["Usual for such an hour", tokensOf(usual)],
        ],
        ...usage,
      };
    }
    case "cap_reached": {
      const { name, span, limit, used } = facts;
      const full = threshold >= 100;
      const of = span === "day" ? "today" : "this month";
      return {
        tone: full ? "stopped" : "soon",
        title: full ? `The cap on ${name} is reached` : `${threshold}% of the cap on ${name} is used ${of}`,
        body: full
          ? `Widgets under it pause until ${span === "day" ? "midnight" : "the month ends"}, UTC. Raise your cap on the billing page to go on.`
          : `At ${tokensOf(limit)} the widgets under it pause until ${span === "day" ? "midnight" : "the month ends"}, UTC.`,
        figures: [
          [span === "day" ? "Used today (UTC)" : "Used this month (UTC)", tokensOf(used)],
          ["Your cap", tokensOf(limit)],
        ],
        ...billing,
      };
    }
    case "payment_failed":
      return subject === "top_up"
        ? {
            tone: "stopped",
            title: "Auto top-up has stopped",
            body: `${facts.reason ?? "The card was declined."} Nothing more is charged until you save the settings again.`,
            figures: [],
            ...billing,
          }
        : {
            tone: "stopped",
            title: `The payment for ${facts.plan} failed`,
            body: "Your widgets go on for now. Check the card on the billing page, so that they still do when the grace is over.",
            figures: [],
            ...billing,
          };
    case "key_refused": {
      const { name, times, code } = facts;
      return {
        tone: "soon",
        title: `The key ${name} is refused often`,
        body: `${count(times)} requests were refused within an hour, most of them because ${REASONS[String(code)] ?? "they were not valid"}.`,
        figures: [
          ["Refused within an hour", count(times)],
          ["Most often", REASONS[String(code)] ?? String(code)],
        ],
        href: "/keys",
        action: "See the keys",
      };
    }
  }
}

/** Why a key is refused, as the end of a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  invalid_api_key: "the key is revoked, expired or mistyped",
  origin_not_allowed: "the page’s address is not on the key’s list",
  secret_key_in_browser: "a secret key was used in a browser",
  insufficient_scope: "the key may not do this",
  app_not_permitted: "the key does not cover the app",
  app_not_active: "the app is not active",
  rate_limited: "its rate limit was reached",
  amount_not_allowed: "the amount was not allowed",
  app_not_found: "there is no such app",
};

/** Refusals that say something of a key. Those for want of tokens or under a cap have alerts of their own. */
export const KEY_REFUSALS: ReadonlySet<string> = new Set(Object.keys(REASONS));
