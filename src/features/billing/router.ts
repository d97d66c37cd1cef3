import { router, withPermission } from "@/trpc/procedures";
import { checkoutState } from "./checkout/queries";
import { checkout, portal } from "./checkout/service";
import {
  buyPackInput,
  buyPackOutput,
  changePlanInput,
  changePlanOutput,
  checkoutInput,
  checkoutStateInput,
  checkoutStateOutput,
  csvOutput,
  detailsInput,
  detailsOutput,
  invoicesOutput,
  overageInput,
  overageOutput,
  overagePreviewOutput,
  overviewOutput,
  pageInput,
  planInput,
  plansOutput,
  portalInput,
  previewOutput,
  purchasesOutput,
  reconciliationOutput,
  standingOutput,
  statementInput,
  statementOutput,
  subscriptionStep,
  urlOutput,
} from "./contract";
import { detailsOf } from "./customers/queries";
import { setDetails } from "./customers/service";
import { standingOf } from "./notices/queries";
import { buyPack } from "./packs/service";
import { purchasesOf } from "./purchases/queries";
import { invoicesOf, overview, plansFor } from "./queries";
import { latestReconciliation } from "./reconcile/queries";
import { statement, statementCsv } from "./statement/queries";
import { previewChange } from "./subscriptions/queries";
import { cancelSubscription, changePlan, resumeSubscription } from "./subscriptions/service";
import { overageOf, overagePreview } from "./top-up/queries";
import { setOverage } from "./top-up/service";

export const billingRouter = router({
  /** Plan, balance by grant, next invoice, payment methods: what the billing page opens with. */
  overview: withPermission("billing:read")
    .output(overviewOutput)
    .query(({ ctx }) => overview(ctx.scope, ctx.metering())),

  /** Whether a payment is late or waits to be confirmed: what stands above every page. */
  standing: withPermission("billing:read")
    .output(standingOutput)
    .query(({ ctx }) => standingOf(ctx.scope)),

  /** What is on sale. */
  plans: withPermission("billing:read")
    .output(plansOutput)
    .query(({ ctx }) => plansFor(ctx.scope)),

  /** What a change of plan would cost, give and take, at this moment. */
  previewChange: withPermission("billing:read")
    .input(planInput)
    .output(previewOutput)
    .query(({ ctx, input }) => previewChange(ctx.scope, input)),

  /** Changes the plan: up at once, down at the end of the period, back to the present one where a change waits. */
  changePlan: withPermission("billing:write")
    .input(changePlanInput)
    .output(changePlanOutput)
    .mutation(({ ctx, input }) => changePlan(ctx.scope, ctx.metering(), input)),

  /** Has the subscription end with its period. */
  cancel: withPermission("billing:write")
    .output(subscriptionStep)
    .mutation(({ ctx }) => cancelSubscription(ctx.scope, ctx.metering())),

  /** Takes a cancellation back before it takes effect. */
  resume: withPermission("billing:write")
    .output(subscriptionStep)
    .mutation(({ ctx }) => resumeSubscription(ctx.scope, ctx.metering())),

  /** Where to pay for a plan or a pack. */
  checkout: withPermission("billing:write")
    .input(checkoutInput)
    .output(urlOutput)
    .mutation(({ ctx, input }) => checkout(ctx.scope, input)),

  /** What became of a checkout. */
  checkoutState: withPermission("billing:read")
    .input(checkoutStateInput)
    .output(checkoutStateOutput)
    .query(({ ctx, input }) => checkoutState(ctx.scope, input)),

  /** Where to change payment methods and see invoices. */
  portal: withPermission("billing:write")
    .input(portalInput)
    .output(urlOutput)
    .mutation(({ ctx, input }) => portal(ctx.scope, input)),

  /** Buys a pack with the card on file. */
  buyPack: withPermission("billing:write")
    .input(buyPackInput)
    .output(buyPackOutput)
    .mutation(({ ctx, input }) => buyPack(ctx.scope, ctx.metering(), input)),

  /** What was bought, newest first. */
  purchases: withPermission("billing:read")
    .input(pageInput)
    .output(purchasesOutput)
    .query(({ ctx, input }) => purchasesOf(ctx.scope, input)),

  invoices: withPermission("billing:read")
    .input(pageInput)
    .output(invoicesOutput)
    .query(({ ctx, input }) => invoicesOf(ctx.scope, input)),

  /** One month of the books, in tokens and cents. */
  statement: withPermission("billing:read")
    .input(statementInput)
    .output(statementOutput)
    .query(({ ctx, input }) => statement(ctx.scope, input)),

  /** The same as a file. */
  statementCsv: withPermission("billing:read")
    .input(statementInput)
    .output(csvOutput)
    .query(({ ctx, input }) => statementCsv(ctx.scope, input)),

  /** Name, address and VAT id as they stand on invoices. */
  details: withPermission("billing:read")
    .output(detailsOutput)
    .query(({ ctx }) => detailsOf(ctx.scope)),

  setDetails: withPermission("billing:write")
    .input(detailsInput)
    .output(detailsOutput)
    .mutation(({ ctx, input }) => setDetails(ctx.scope, input)),

  /** What happens when tokens run out. */
  overage: withPermission("billing:read")
    .output(overageOutput)
    .query(({ ctx }) => overageOf(ctx.scope)),

  /** What settings would have done last month. */
  previewOverage: withPermission("billing:read")
    .input(overageInput)
    .output(overagePreviewOutput)
    .query(({ ctx, input }) => overagePreview(ctx.scope, input)),

  setOverage: withPermission("billing:write")
    .input(overageInput)
    .output(overageOutput)
    .mutation(({ ctx, input }) => setOverage(ctx.scope, input)),

  /** The newest comparison of what was paid, granted and metered. */
  reconciliation: withPermission("billing:read")
    .output(reconciliationOutput)
    .query(({ ctx }) => latestReconciliation(ctx.scope)),
});
