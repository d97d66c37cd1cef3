import type { Tone } from "@/components/badge";
import { formatCount } from "@/components/format";
import type {
  BillingStatus,
  InvoiceView,
  OverviewOutput,
  PaymentMethodView,
  PlanView,
  PurchaseView,
  ReconciliationOutput,
} from "../contract";

type Word = { readonly word: string; readonly tone: Tone };

export const STATUSES: Record<BillingStatus, Word> = {
  none: { word: "No plan", tone: "neutral" },
  active: { word: "Active", tone: "done" },
  past_due: { word: "Payment late", tone: "soon" },
  unpaid: { word: "Unpaid", tone: "stopped" },
  canceled: { word: "Ended", tone: "neutral" },
};

export const INVOICE_STATUSES: Record<InvoiceView["status"], Word> = {
  draft: { word: "Draft", tone: "neutral" },
  open: { word: "Open", tone: "soon" },
  paid: { word: "Paid", tone: "done" },
  void: { word: "Void", tone: "neutral" },
  uncollectible: { word: "Not collected", tone: "stopped" },
};

export const ORIGINS: Record<PurchaseView["origin"], string> = {
  subscription: "Plan",
  surplus: "Paid twice",
  checkout: "Checkout",
  card: "Card on file",
  top_up: "Auto top-up",
};

interface LateWords {
  readonly kind: "soon" | "stopped";
  readonly title: string;
  readonly text: string;
}

/**
 * What stands above every page while a payment is late. The tokens of the period before have expired with it: a brand
 * without packs has none to go on with.
 * @param out whether the tokens have run out
 */
export function lateWords(status: "past_due" | "unpaid", out: boolean): LateWords {
  const late = status === "past_due" ? "Your last payment did not go through" : "Your plan is not paid";
  if (out) {
    const text =
      status === "past_due"
        ? "Your widgets are paused; nothing was lost. This period\u2019s plan tokens arrive with the payment."
        : "Your widgets are paused; nothing was lost. They open again once it is paid, or a pack is bought.";
    return { kind: "stopped", title: `${late}, and the tokens have run out`, text };
  }
  return status === "past_due"
    ? {
        kind: "soon",
        title: late,
        text: "Your apps go on while it is tried again; this period\u2019s plan tokens arrive with it.",
      }
    : {
        kind: "stopped",
        title: late,
        text: "No plan tokens are added, and no app can be turned on. Apps that are on go on with tokens from packs.",
      };
}

/** What a late payment leaves on: everything until the grace is over, what runs after it; without tokens, nothing. */
export function whileLate(
  { plan, unlimited, balance }: Pick<OverviewOutput, "unlimited" | "balance"> & { plan: { name: string } | null },
  until: string | null,
): string {
  const out = !unlimited && balance === 0;
  const arriving = `Those of ${plan?.name ?? "your plan"} for this period arrive with the payment.`;
  if (until === null) {
    return out
      ? "Your tokens have run out, so your widgets are paused; no app can be turned on until it is paid."
      : "Apps that are on go on with the tokens you have; no app can be turned on until it is paid.";
  }
  if (unlimited) return `Your apps and your unlimited tokens go on until ${until}.`;
  return out
    ? `Your tokens have run out, so your widgets are paused. ${arriving}`
    : `Your apps go on until ${until}, with the tokens you have. ${arriving}`;
}

/** What the daily comparison of payments, grants and the meter has come to; null before the first. */
export function agreementWords({
  checkedAt,
  findings,
}: Pick<ReconciliationOutput, "checkedAt" | "findings">): (Word & { readonly text: string }) | null {
  if (checkedAt === null) return null;
  const same = "What you paid, what you were granted and what the meter holds";
  return findings.length === 0
    ? { word: "All agree", tone: "done", text: `${same} agree.` }
    : {
        word: `${formatCount(findings.length)} ${findings.length === 1 ? "thing" : "things"} to look at`,
        tone: "stopped",
        text: `${same} do not agree everywhere. Our people see it too.`,
      };
}

/** How a purchase stands, in one word: what its tokens did counts more than what its money did. */
export function purchaseWord(purchase: PurchaseView): Word {
  if (purchase.disputed) return { word: "Disputed", tone: "stopped" };
  switch (purchase.status) {
    case "refunded":
      return { word: "Refunded", tone: "neutral" };
    case "failed":
      return { word: "Failed", tone: "stopped" };
    case "pending":
      return { word: "Waiting for payment", tone: "soon" };
    case "completed":
      if (purchase.origin === "surplus") return { word: "Being given back", tone: "soon" };
      return purchase.arrived ? { word: "Done", tone: "done" } : { word: "Tokens on their way", tone: "soon" };
  }
}

/** A card as people know it: `Visa ending in 4242`. */
export const cardName = (card: Pick<PaymentMethodView, "brand" | "last4">): string =>
  `${card.brand.charAt(0).toUpperCase()}${card.brand.slice(1)} ending in ${card.last4}`;

/** What a plan's price is for: `a month`. */
export const each = (plan: Pick<PlanView, "billingCycle">): string =>
  plan.billingCycle === "yearly" ? "a year" : "a month";

/** What a plan gives: `10,000 tokens a month`, `Unlimited tokens`. */
export const planTokens = (plan: Pick<PlanView, "tokensPerMonth">): string =>
  plan.tokensPerMonth === null ? "Unlimited tokens" : `${formatCount(plan.tokensPerMonth)} tokens a month`;

/** A month such as `2026-11` by name: `November 2026`. */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
}

/** Names in a sentence: `A`, `A and B`, `A, B and C`. */
export const listed = (names: readonly string[]): string =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);

/** Words in the middle of a sentence: without the capital they begin one with. */
export const lowered = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);
