import { redis } from "@/lib/redis";
import { router, withPermission } from "@/trpc/procedures";
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
});
