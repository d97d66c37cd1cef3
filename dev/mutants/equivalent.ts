/**
 * Mutants that no test can catch, because nothing that anybody can see is different, each with why. The command fails where
 * one of them is caught after all, or is not generated any more because its text has changed.
 */
export const EQUIVALENT: readonly { readonly id: string; readonly because: string }[] = [
  {
    id: "edge/lua/common.ts:BOOKS:18:comparison:59d4595a",
    because: "Nothing spent and nothing given back is counted on no day, or as nothing on this one.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:19:comparison:24b44362",
    because: "Likewise in the month.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:46:comparison:f0ed195f",
    because: "Only where the two ends differ are they compared.",
  },
  {
    id: "edge/lua/state.ts:RETIRE:4:comparison:3dc44761",
    because: "At the floor's own epoch it writes the floor that is there once more.",
  },
  {
    id: "edge/lua/intent.ts:END_GRANT:10:operand:8753f54b",
    because: "A hold that has nothing of the grant is written as it was: the search only saves the work.",
  },
];
