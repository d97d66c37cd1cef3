import { tracked } from "@trpc/server";
import { redis } from "@/lib/redis";
import { router, withPermission } from "@/trpc/procedures";
import { capInput, capsAnswer, capsQuery, setCapAnswer } from "./caps/contract";
import { capsOf, setCap } from "./caps/service";
import { balanceResponse, latestEntriesRequest, latestEntriesResponse } from "./contract";
import { watchRequest } from "./live/contract";
import { watchAccount } from "./live/queries";
import { balance, latestEntries } from "./queries";

export const meteringRouter = router({
  /** The brand's live balance at this moment. */
  balance: withPermission("usage:read")
    .output(balanceResponse)
    .query(({ ctx }) => balance(ctx.scope, redis(), { mode: "live" })),

  /** The brand's live account each time it changes; resumed by the id of the last state seen. */
  watch: withPermission("usage:read")
    .input(watchRequest)
    .subscription(async function* ({ ctx, input, signal }) {
      const after = input?.lastEventId;
      const states = watchAccount(ctx.scope, redis(), { mode: "live", after, signal, allowed: ctx.stillAllowed });
      for await (const { id, state } of states) yield tracked(id, state);
    }),

  /** The newest entries of the brand's live ledger. */
  latestEntries: withPermission("usage:read")
    .input(latestEntriesRequest)
    .output(latestEntriesResponse)
    .query(({ ctx, input }) => latestEntries(ctx.scope, { mode: "live", limit: input.limit })),

  /** What the brand lets its apps spend. */
  caps: withPermission("billing:read")
    .input(capsQuery)
    .output(capsAnswer)
    .query(({ ctx, input }) => capsOf(ctx.scope, input)),

  /** Sets one cap, or takes it away; in force at the edge on return where Redis can be told. */
  setCap: withPermission("billing:write")
    .input(capInput)
    .output(setCapAnswer)
    .mutation(({ ctx, input }) => setCap(ctx.scope, ctx.metering(), input)),
});
