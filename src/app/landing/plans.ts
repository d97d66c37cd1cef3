/** The plans as the landing page tells of them. Kept here in words, so that the page stands without a database. */
export const PLANS: readonly { id: string; name: string; for: string; cents: number; tokens: number | null }[] = [
  {
    id: "starter",
    name: "Starter",
    for: "Four apps: PD measuring, Frame Finder, face shapes and recommendations.",
    cents: 2900,
    tokens: 1_000,
  },
  { id: "professional", name: "Professional", for: "All ten apps.", cents: 19_900, tokens: 10_000 },
  {
    id: "enterprise",
    name: "Enterprise",
    for: "All ten apps, as many uses as your shop needs.",
    cents: 99_900,
    tokens: null,
  },
];

/** The largest of the packs, and the smallest: what tokens cost beside a plan. */
export const PACKS = { from: { tokens: 1_000, cents: 3900 }, to: { tokens: 10_000, cents: 29_900 } } as const;
