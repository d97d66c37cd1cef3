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
    id: "edge/lua/common.ts:BOOKS:49:comparison:6ba44a63",
    because: "No two grants have one id.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:87:guard:ae069a50",
    because: "Of nothing that is left to take, each further grant gives nothing: to stop only saves the work.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:149:always:2267173b",
    because:
      "Of the one that is being resolved nothing is known here, so that it is only forgotten, as its own call does too.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:192:operand:f7577f93",
    because: "The number of nothing is nothing.",
  },
  {
    id: "edge/lua/common.ts:BOOKS:195:comparison:c229c908",
    because: "Of two that end at one moment either tells it.",
  },
  {
    id: "edge/lua/common.ts:admission:6:always:971793b0",
    because: "Where the field is absent nothing stands behind it: it only saves the question.",
  },
  {
    id: "edge/lua/common.ts:admission:20:comparison:a42f7379",
    because: "Full at this moment is full now.",
  },
  {
    id: "edge/lua/common.ts:admission:22:comparison:a1b65939",
    because: "A thousandth of a millisecond is allowed for rounding; no bucket comes to exactly that.",
  },
  {
    id: "edge/lua/common.ts:admission:4:operand:8489de42",
    because: "A hash without an epoch has no generation either: only a set writes both.",
  },
  {
    id: "edge/lua/common.ts:door:10:operand:065bfcf4",
    because: "A record without the field that holds its values has no generation either: they are written in one step.",
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
