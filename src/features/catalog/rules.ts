import type { AppCard } from "./contract";

/** What people call a category. */
const CATEGORIES: Readonly<Record<string, string>> = {
  ai_vision: "Vision",
  consultation: "Advice",
  discovery: "Discovery",
  measurement: "Measurement",
  conversation: "Conversation",
  analytics: "Analytics",
};

/** A category in words; one we have no word for keeps its own. */
export const categoryName = (category: string): string =>
  CATEGORIES[category] ?? category.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/**
 * An app that works on a page of ours and not in a shop: where that is, what one use of it is, and how many a month are
 * usual. Null for the others, whose uses are sessions of shoppers.
 */
const OUR_PAGES: Readonly<Record<string, { readonly href: string; readonly unit: string; readonly usual: number }>> = {
  "adv-001": { href: "/usage/insights", unit: "report", usual: 1 },
};
export const ourPageOf = (appId: string) => OUR_PAGES[appId] ?? null;

export const TIER_NAMES = { starter: "Starter", professional: "Professional", enterprise: "Enterprise" } as const;

export const SORTS = ["name", "price", "-price", "mine"] as const;
export type Sort = (typeof SORTS)[number];

/** What a visitor of the marketplace has asked to see; empty or null shows all. */
export interface Wish {
  readonly q: string;
  readonly category: string | null;
  readonly status: AppCard["status"] | null;
  readonly tier: AppCard["tier"] | null;
  /** Only apps the brand has. */
  readonly mine: boolean;
  readonly sort: Sort;
}

const words = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** True where every word of the search stands somewhere in what the card tells. */
export function mentions(app: AppCard, search: string): boolean {
  const told = [app.name, app.description, app.id, categoryName(app.category), ...app.features]
    .join("\n")
    .toLowerCase();
  return words(search).every((word) => told.includes(word));
}

const has = (app: AppCard): boolean => app.activation === "active" || app.activation === "paused";
const RANK = { active: 0, paused: 1, disabled: 2 } as const;
const rank = (app: AppCard): number => (app.activation ? RANK[app.activation] : 3);

/** The apps a wish asks for, in its order; those that cost or stand the same, by name. */
export function wanted(apps: readonly AppCard[], wish: Wish): AppCard[] {
  const order: Record<Sort, (a: AppCard, b: AppCard) => number> = {
    name: () => 0,
    price: (a, b) => a.tokenCost - b.tokenCost,
    "-price": (a, b) => b.tokenCost - a.tokenCost,
    mine: (a, b) => rank(a) - rank(b),
  };
  return apps
    .filter(
      (app) =>
        (!wish.category || app.category === wish.category) &&
        (!wish.status || app.status === wish.status) &&
        (!wish.tier || app.tier === wish.tier) &&
        (!wish.mine || has(app)) &&
        mentions(app, wish.q),
    )
    .toSorted((a, b) => order[wish.sort](a, b) || a.name.localeCompare(b.name));
}
