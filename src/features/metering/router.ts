import { redis } from "@/lib/redis";
import { router, withPermission } from "@/trpc/procedures";
import { capInput, capsAnswer, capsQuery, setCapAnswer } from "./caps/contract";
import { capsOf, setCap } from "./caps/service";
import { balanceResponse, latestEntriesRequest, latestEntriesResponse } from "./contract";
import { balance, latestEntries } from "./queries";

export const meteringRouter = router({
  /** The brand's live balance at this moment. */
  balance: withPermission("usage:read")
    .output(balanceResponse)
    .query(({ ctx }) => balance(ctx.scope, redis(), { mode: "live" })),

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
