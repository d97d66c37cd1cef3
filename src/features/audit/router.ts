import { router, withPermission } from "@/trpc/procedures";
import { auditCsvOutput, auditFilter, auditListInput, auditListOutput } from "./contract";
import { auditCsv, auditEntries } from "./queries";

export const auditRouter = router({
  /** Who did what in the brand, the newest first, in pages. */
  list: withPermission("audit:read")
    .input(auditListInput)
    .output(auditListOutput)
    .query(({ ctx, input }) => auditEntries(ctx.scope, input)),

  /** The same as a file. */
  csv: withPermission("audit:read")
    .input(auditFilter)
    .output(auditCsvOutput)
    .query(({ ctx, input }) => auditCsv(ctx.scope, input)),
});
