/** What an activation can be: `disabled` is turned off by the brand, and can be turned on again. */
export const ACTIVATION_STATUSES = ["active", "paused", "disabled"] as const;
export type ActivationStatus = (typeof ACTIVATION_STATUSES)[number];

/** Stands in embed code where a brand has no public key that covers the app. */
export const NO_KEY = "YOUR_PUBLIC_KEY";

/**
 * The two lines a shop pastes into its page.
 * @param publicKey null where the brand has none that covers the app
 */
export function embedLines(input: { origin: string; publicKey: string | null; slug: string }): string {
  const src = `${input.origin}/v1/embed.js`;
  return `<script async src="${src}" data-key="${input.publicKey ?? NO_KEY}"></script>\n<varai-app app="${input.slug}"></varai-app>`;
}
