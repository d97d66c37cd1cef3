/** What a brand's sandbox holds at the beginning of each month, in tokens. They are spent by test keys and cost nothing. */
export const SANDBOX_TOKENS = 10_000;

/** The month a moment lies in, by UTC, and when it ends. */
export function sandboxMonth(now: Date): { readonly month: string; readonly end: Date } {
  return {
    month: now.toISOString().slice(0, 7),
    end: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)),
  };
}
