/** A span in the words of people: `42 s`, `3 min`, `5 h`, `2 d`. */
export function spanOf(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `2026-11-01` as `Nov 26`. */
export const monthOf = (date: string): string =>
  new Date(`${date.slice(0, 10)}T00:00:00Z`).toLocaleDateString("en-GB", {
    month: "short",
    year: "2-digit",
    timeZone: "UTC",
  });

export const STEPS = {
  signed_up: "Signed up",
  activated: "Turned an app on",
  configured: "Published a configuration",
  used: "Spent a first token",
  paying: "Pays for a plan",
} as const;

export const SOURCES = { plan: "Plans", pack: "Packs", refund: "Refunds", adjustment: "Given" } as const;

/** What a subscription's state is called. */
export const STATUS = { active: "Active", past_due: "Payment late", canceled: "Cancelled", unpaid: "Unpaid" } as const;

/** Where an app stands in its own life. */
export const APP_STATUS = {
  available: "Available",
  beta: "Beta",
  deprecated: "Being retired",
  disabled: "No longer offered",
} as const;

/** What an app's fields are called. */
export const FIELD_WORDS = {
  name: "Name",
  description: "Tagline",
  about: "Description",
  features: "Features",
  status: "Status",
  tokenCost: "Price",
  pricingTier: "Plan",
  changelog: "Changelog",
} as const;
