import { Refusal } from "@/lib/errors";
import { limited, router, withPermission } from "@/trpc/procedures";
import { changedOutput, productIds, productPage, productQuery, productView, saveInput } from "./contract";
import { finderPreviewInput, finderPreviewOutput, readFinderQuery } from "./finder/contract";
import { findFrames } from "./finder/queries";
import { fetchAgain } from "./images/service";
import {
  fileOutput,
  importId,
  importPlan,
  importsOutput,
  importView,
  previewOutput,
  reportOutput,
} from "./imports/contract";
import { importReport, recentImports, rejectionsFile } from "./imports/queries";
import { previewImport, startImport, stopImport } from "./imports/service";
import { catalogueFile, searchProducts } from "./queries";
import { removeProducts, restoreProducts, saveProduct } from "./service";

export const productsRouter = router({
  /** The brand's products by words, facets and order. */
  list: withPermission("apps:read")
    .input(productQuery)
    .output(productPage)
    .query(({ ctx, input }) => searchProducts(ctx.scope, input)),

  /** What Frame Finder would answer a shopper under settings that are not published yet. Nothing is spent. */
  finderPreview: withPermission("apps:read")
    .input(finderPreviewInput)
    .output(finderPreviewOutput)
    .query(({ ctx, input }) => {
      const asked = readFinderQuery(new URLSearchParams(input.query));
      if (!asked.success) throw new Refusal("invalid_request", "query: is no question of the app's");
      return findFrames(ctx.scope, input.configuration, asked.data);
    }),

  /** All of them as a file that can be sent back as an import. */
  file: withPermission("apps:read")
    .output(fileOutput)
    .query(({ ctx }) => catalogueFile(ctx.scope)),

  /** Makes a product, or changes one. */
  save: withPermission("apps:write")
    .input(saveInput)
    .output(productView)
    .mutation(({ ctx, input }) => saveProduct(ctx.scope, input)),

  /** Takes products out; they can be brought back. */
  remove: withPermission("apps:write")
    .input(productIds)
    .output(changedOutput)
    .mutation(({ ctx, input }) => removeProducts(ctx.scope, input)),

  /** Brings deleted products back. */
  restore: withPermission("apps:write")
    .input(productIds)
    .output(changedOutput)
    .mutation(({ ctx, input }) => restoreProducts(ctx.scope, input)),

  /** Has a picture fetched once more. */
  fetchImage: withPermission("apps:write")
    .input(productView.pick({ id: true }).strict())
    .output(changedOutput)
    .mutation(({ ctx, input }) => fetchAgain(ctx.scope, input)),

  /** The latest files that were sent. */
  imports: withPermission("apps:read")
    .output(importsOutput)
    .query(async ({ ctx }) => ({ imports: await recentImports(ctx.scope) })),

  /** How far one is, and the first of the rows that were not taken. */
  importReport: withPermission("apps:read")
    .input(importId)
    .output(reportOutput)
    .query(({ ctx, input }) => importReport(ctx.scope, input.importId)),

  /** All rows that were not taken, as a file to be mended and sent again. */
  rejectionsFile: withPermission("apps:read")
    .input(importId)
    .output(fileOutput)
    .query(({ ctx, input }) => rejectionsFile(ctx.scope, input.importId)),

  /** What an import would do; nothing is written. */
  previewImport: limited("apps:write", "import-preview")
    .input(importPlan)
    .output(previewOutput)
    .query(({ ctx, input }) => previewImport(ctx.scope, input)),

  /** Has a file taken in. */
  startImport: withPermission("apps:write")
    .input(importPlan)
    .output(importView)
    .mutation(({ ctx, input }) => startImport(ctx.scope, input)),

  /** Stops one where it is. */
  stopImport: withPermission("apps:write")
    .input(importId)
    .output(importView)
    .mutation(({ ctx, input }) => stopImport(ctx.scope, input)),
});
