/** Seeds that have failed once, with what they found. They are always run first. */
export const FAILED: readonly { readonly seed: number; readonly found: string }[] = [];
