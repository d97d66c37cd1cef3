import { z } from "zod";
import { asStaff, router, signedIn } from "@/trpc/procedures";
import { bannerInput, bannersOutput, endBannerInput } from "./banners/contract";
import { bannersNow, bannersOf } from "./banners/queries";
import { putUp, takeDown } from "./banners/service";
import { customersInput, customersOutput } from "./customers/contract";
import { customersOf } from "./customers/queries";
import { figuresOutput } from "./figures/contract";
import { figuresOf } from "./figures/queries";
import {
  adjustInput,
  adjustOutput,
  confirmAdjustInput,
  customerInput,
  openSupportInput,
  openSupportOutput,
  proposalOutput,
  revokeInput,
  revokeOutput,
  supportOutput,
} from "./support/contract";
import { supportView } from "./support/queries";
import { correctTokens, openSupport, proposeTokens, revokeLeaked } from "./support/service";
import { discardInput, letterOutcome, lettersInput, lettersOutput, replayInput, systemOutput } from "./system/contract";
import { lettersOf, systemState } from "./system/queries";
import { discard, replay } from "./system/service";

const bannerId = z.object({ id: z.string() });

/** What the platform's own people do, and the one thing of it that everybody sees. */
export const adminRouter = router({
  /** What all brands are told at this moment. */
  bannersNow: signedIn.output(bannersOutput).query(async ({ ctx }) => ({ banners: await bannersNow(ctx.scope) })),

  /** Revenue, consumption, adoption, the way to the first token, and what is owed in tokens. */
  figures: asStaff.output(figuresOutput).query(({ ctx }) => figuresOf(ctx.staff)),

  /** Brands, found by name, slug, id or a member's address. */
  customers: asStaff
    .input(customersInput)
    .output(customersOutput)
    .query(({ ctx, input }) => customersOf(ctx.staff, input)),

  /** A brand as its people see it, once `openSupport` has been called. */
  support: asStaff
    .input(customerInput)
    .output(supportOutput)
    .query(({ ctx, input }) => supportView(ctx.staff, ctx.metering().redis, input)),

  /** Opens a brand for an hour; its audit log says why. */
  openSupport: asStaff
    .input(openSupportInput)
    .output(openSupportOutput)
    .mutation(({ ctx, input }) => openSupport(ctx.staff, input)),

  /** Revokes a brand's key that was found where it should not be. */
  revokeKey: asStaff
    .input(revokeInput)
    .output(revokeOutput)
    .mutation(({ ctx, input }) => revokeLeaked(ctx.staff, input)),

  /** What a correction of tokens would be. Writes nothing. */
  proposeTokens: asStaff
    .input(adjustInput)
    .output(proposalOutput)
    .query(({ ctx, input }) => proposeTokens(ctx.staff, input)),

  /** Does what was proposed. */
  correctTokens: asStaff
    .input(confirmAdjustInput)
    .output(adjustOutput)
    .mutation(({ ctx, input }) => correctTokens(ctx.staff, ctx.metering(), input)),

  /** Backlog, drift, letters, mails and events. */
  system: asStaff.output(systemOutput).query(({ ctx }) => systemState(ctx.staff, ctx.metering().redis)),

  /** Events that could not be written. */
  letters: asStaff
    .input(lettersInput)
    .output(lettersOutput)
    .query(({ ctx, input }) => lettersOf(ctx.staff, input)),

  /** Writes one into the ledger after all. */
  replayLetter: asStaff
    .input(replayInput)
    .output(letterOutcome)
    .mutation(({ ctx, input }) => replay(ctx.staff, ctx.metering(), input)),

  /** Gives one up. */
  discardLetter: asStaff
    .input(discardInput)
    .output(letterOutcome)
    .mutation(({ ctx, input }) => discard(ctx.staff, ctx.metering(), input)),

  /** The latest banners. */
  banners: asStaff.output(bannersOutput).query(async ({ ctx }) => ({ banners: await bannersOf(ctx.staff) })),

  /** Puts a banner up for all brands. */
  putUpBanner: asStaff
    .input(bannerInput)
    .output(bannerId)
    .mutation(({ ctx, input }) => putUp(ctx.staff, input)),

  /** Takes a banner down. */
  takeDownBanner: asStaff
    .input(endBannerInput)
    .output(bannerId)
    .mutation(({ ctx, input }) => takeDown(ctx.staff, input)),
});
