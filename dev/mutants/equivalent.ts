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
    id: "edge/lua/consume.ts:CONSUME:26:operand:815734c9",
    because: "The books are made without being needed.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:49:guard:b21d9c06",
    because: "The short way spares the books; the long way comes to the same.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:49:set:74570eea",
    because: "The short way spares the books; the long way comes to the same.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:50:guard:c3d03ecd",
    because: "The short way spares the books; the long way comes to the same.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:53:operand:660d09dd",
    because: "It only chooses the cheaper of two ways to write the same digits.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:53:sign:a6f218cc",
    because: "It only chooses the cheaper of two ways to write the same digits.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:53:term:98338d4b",
    because: "It only chooses the cheaper of two ways to write the same digits.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:66:operand:d4ec759e",
    because: "It only chooses the cheaper of two ways to write the same digits.",
  },
  {
    id: "edge/lua/consume.ts:CONSUME:55:operand:a6691e78",
    because: "Books have nothing of their own: those made anew are the same.",
  },
  {
    id: "edge/lua/resolve.ts:RESOLVE:7:operand:93cc2552",
    because: "What was settled has used something and what was released nothing: the number alone tells.",
  },
  {
    id: "edge/lua/resolve.ts:RESOLVE:25:operand:1ab0b9d2",
    because: "A number of more than 15 digits is more than any reservation holds.",
  },
  {
    id: "edge/lua/resolve.ts:RESOLVE:50:always:7bd7f045",
    because: "Nothing used adds nothing.",
  },
  {
    id: "edge/lua/resolve.ts:RESOLVE:50:comparison:7e926e41",
    because: "Nothing used adds nothing.",
  },
  {
    id: "edge/lua/state.ts:RETIRE:4:comparison:3dc44761",
    because: "At the floor's own epoch it writes the floor that is there once more.",
  },
  {
    id: "edge/lua/intent.ts:END_GRANT:10:operand:8753f54b",
    because: "A hold that has nothing of the grant is written as it was: the search only saves the work.",
  },
  {
    id: "outbox/service.ts:readBatches:5:guard:b7172f61",
    because: "Nobody asks for no partition: it tells the compiler that there is one.",
  },
  {
    id: "outbox/service.ts:retire:4:guard:87a03935",
    because: "What is retired was read by its name before: the name can be read again.",
  },
  {
    id: "marks/service.ts:rememberedBy:4:guard:22279f66",
    because: "Of no partition nothing is known: the guard only saves the question.",
  },
  {
    id: "marks/service.ts:rememberedBy:10:lock:e6e0ba37",
    because:
      "Only a drain writes these rows, and it holds the partition's own lock: the row's is taken a moment before the update takes it.",
  },
  {
    id: "marks/service.ts:rememberedBy:14:guard:e8eb7343",
    because: "Only rows that were asked for come back: it tells the compiler so.",
  },
  {
    id: "ledger/service.ts:lockHeads:3:guard:85b40bb5",
    because: "A statement about nothing locks nothing: the guard only saves it.",
  },
  {
    id: "ledger/service.ts:writeAll:6:guard:a057c3a7",
    because: "A statement about nothing writes nothing: the guard only saves it.",
  },
  {
    id: "ledger/service.ts:saveHeads:2:guard:0d010bca",
    because: "A statement about nothing writes nothing: the guard only saves it.",
  },
  {
    id: "entries/service.ts:writeGrants:48:guard:e4660086",
    because: "A statement about nothing writes nothing: the guard only saves it.",
  },
  {
    id: "entries/service.ts:openReservations:2:guard:0432b06c",
    because: "A statement about nothing writes nothing: the guard only saves it.",
  },
  {
    id: "entries/service.ts:resolveReservations:2:guard:9d6f51a0",
    because: "A statement about nothing writes nothing: the guard only saves it.",
  },
  {
    id: "entries/service.ts:writeGrants:17:where:7bbd1463",
    because: "What opens a grant carries out the intent of the same id, and whose that is is asked there too.",
  },
  {
    id: "entries/service.ts:writeGrants:17:where:2f759297",
    because: "What opens a grant carries out the intent of the same id, and whose that is is asked there too.",
  },
  {
    id: "entries/service.ts:writeGrants:19:guard:9ac3386b",
    because: "What opens a grant carries out the intent of the same id, and whose that is is asked there too.",
  },
  {
    id: "entries/service.ts:resolveReservations:15:where:22835f55",
    because: "The ledger takes one resolution of a reservation: its index refuses the second before.",
  },
  {
    id: "rollups/service.ts:strikeRefunded:6:where:ad11b2e8",
    because: "A use's id is of one mode only.",
  },
  {
    id: "rollups/service.ts:strikeRefunded:15:where:6dbb4eda",
    because: "A use's id stands once: the time only says in which partition.",
  },
  {
    id: "rollups/service.ts:strikeRefunded:24:where:dca100b2",
    because: "A use's id stands once: the time only says in which partition.",
  },
];
