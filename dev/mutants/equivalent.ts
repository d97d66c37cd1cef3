/**
 * Mutants that no test can catch, because nothing that anybody can see is different, each with why. The command fails where
 * one of them is caught after all, or is not generated any more because its text has changed.
 */
export const EQUIVALENT: readonly { readonly id: string; readonly because: string }[] = [];
