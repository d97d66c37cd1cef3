/** Texts that an app comes with: a brand that has left them as they are speaks its shop's language by ours. */
export const SHIPPED = {
  /** Frame Finder, `no_results`. */
  noResults: "Nothing fits all of that. Take one filter away.",
  /** PD Calculator, `advice`. */
  advice: "For a prescription above 4 dioptres, please ask an optician to check.",
} as const;

/** What a brand says itself; '' where it says what its app came with, or nothing. */
export const brandsOwn = (text: string, shipped: string): string => (text === shipped ? "" : text);
