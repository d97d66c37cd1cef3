import { z } from "zod";
import { asStaff, router, signedIn } from "@/trpc/procedures";
import { bannerInput, bannersOutput, endBannerInput } from "./banners/contract";
import { bannersNow, bannersOf } from "./banners/queries";
import { putUp, takeDown } from "./banners/service";
import {
  discardAppDraftInput,
  editedAppInput,
  editedAppOutput,
  editedAppsOutput,
  publishAppInput,
  publishedAppOutput,
  restoreAppInput,
  saveAppDraftInput,
  savedAppOutput,
} from "./catalogue/contract";
import { editedApp, editedApps } from "./catalogue/queries";
import { discardAppDraft, publishApp, restoreApp, saveAppDraft } from "./catalogue/service";
import { customersInput, customersOutput } from "./customers/contract";
import { customersOf } from "./customers/queries";
import { figuresOutput } from "./figures/contract";
import { figuresOf } from "./figures/queries";
import { flagsOutput, setFlagInput, setFlagOutput } from "./flags/contract";
import { flagsOf } from "./flags/queries";
import { setFlag } from "./flags/service";
import { editedOutput, editedPlansOutput, editPlanInput, setPackInput } from "./plans/contract";
import { editedPlans } from "./plans/queries";
import { editPlan, setPack } from "./plans/service";
import { quotaInput, quotaOutput, resetQuotaInput, resetQuotaOutput } from "./quota/contract";
import { proposeReset, resetQuota } from "./quota/service";
import {
  dismissInput,
  dismissOutput,
  findKeyInput,
  findKeyOutput,
  recallInput,
  reviewInput,
  reviewOutput,
} from "./review/contract";
import { ownerOfKey, signsOf } from "./review/queries";
import { dismissSign, recallSign } from "./review/service";
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

  /** What giving back a plan's tokens would do. Writes nothing. */
  proposeReset: asStaff
    .input(quotaInput)
    .output(quotaOutput)
    .query(({ ctx, input }) => proposeReset(ctx.staff, input)),

  /** Gives them back, once for each proposal. */
  resetQuota: asStaff
    .input(resetQuotaInput)
    .output(resetQuotaOutput)
    .mutation(({ ctx, input }) => resetQuota(ctx.staff, ctx.metering(), input)),

  /** Every app, with what staff have done to it. */
  catalogue: asStaff.output(editedAppsOutput).query(({ ctx }) => editedApps(ctx.staff)),

  /** An app as its editor needs it. */
  app: asStaff
    .input(editedAppInput)
    .output(editedAppOutput)
    .query(({ ctx, input }) => editedApp(ctx.staff, input)),

  /** Keeps what is being worked on; no brand sees any of it. */
  saveAppDraft: asStaff
    .input(saveAppDraftInput)
    .output(savedAppOutput)
    .mutation(({ ctx, input }) => saveAppDraft(ctx.staff, input)),

  /** Throws the draft away. */
  discardAppDraft: asStaff
    .input(discardAppDraftInput)
    .output(savedAppOutput)
    .mutation(({ ctx, input }) => discardAppDraft(ctx.staff, input)),

  /** Puts an app's fields in force, on the marketplace and at the edge. */
  publishApp: asStaff
    .input(publishAppInput)
    .output(publishedAppOutput)
    .mutation(({ ctx, input }) => publishApp(ctx.staff, ctx.metering(), input)),

  /** Brings back an earlier version, or what is shipped. */
  restoreApp: asStaff
    .input(restoreAppInput)
    .output(publishedAppOutput)
    .mutation(({ ctx, input }) => restoreApp(ctx.staff, ctx.metering(), input)),

  /** Every plan and pack. */
  plans: asStaff.output(editedPlansOutput).query(({ ctx }) => editedPlans(ctx.staff)),

  /** Changes what a plan is called, gives and says. */
  editPlan: asStaff
    .input(editPlanInput)
    .output(editedOutput)
    .mutation(({ ctx, input }) => editPlan(ctx.staff, input)),

  /** Puts a pack on sale or takes it off. */
  setPack: asStaff
    .input(setPackInput)
    .output(editedOutput)
    .mutation(({ ctx, input }) => setPack(ctx.staff, input)),

  /** To whom each app and feature is open. */
  flags: asStaff.output(flagsOutput).query(({ ctx }) => flagsOf(ctx.staff)),

  /** Opens or closes one, from the next request on. */
  setFlag: asStaff
    .input(setFlagInput)
    .output(setFlagOutput)
    .mutation(({ ctx, input }) => setFlag(ctx.staff, input)),

  /** Signs of unusual use and of leaked keys. */
  review: asStaff
    .input(reviewInput)
    .output(reviewOutput)
    .query(({ ctx, input }) => signsOf(ctx.staff, input)),

  /** Puts one aside. */
  dismissSign: asStaff
    .input(dismissInput)
    .output(dismissOutput)
    .mutation(({ ctx, input }) => dismissSign(ctx.staff, input)),

  /** Brings one back. */
  recallSign: asStaff
    .input(recallInput)
    .output(dismissOutput)
    .mutation(({ ctx, input }) => recallSign(ctx.staff, input)),

  /** Whose key somebody has found. Sent as a change is, so that no key stands in an address. */
  findKey: asStaff
    .input(findKeyInput)
    .output(findKeyOutput)
    .mutation(({ ctx, input }) => ownerOfKey(ctx.staff, input)),

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
