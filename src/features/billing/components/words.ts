import type { Tone } from "@/components/badge";
import { formatCount } from "@/components/format";
import type { BillingStatus, InvoiceView, PaymentMethodView, PlanView, PurchaseView } from "../contract";

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
