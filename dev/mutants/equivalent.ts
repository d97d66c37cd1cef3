/**
 * Mutants that no test can catch, because nothing that anybody can see is different, each with why. The command fails where
 * one of them is caught after all, or is not generated any more because its text has changed.
 */
export const EQUIVALENT: readonly { readonly id: string; readonly because: string }[] = [
  {
    id: "edge/lua/state.ts:RETIRE:4:comparison:3dc44761",
    because: "At the floor's own epoch it writes the floor that is there once more.",
  },
  {
    id: "edge/lua/intent.ts:END_GRANT:10:operand:8753f54b",
    because: "A hold that has nothing of the grant is written as it was: the search only saves the work.",
  },
];
