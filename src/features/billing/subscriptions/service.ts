import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import type { ChangePlanInput, ChangePlanOutput, SubscriptionStep } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function changePlan(_ctx: Ctx, _deps: ReconcileDeps, _input: ChangePlanInput): Promise<ChangePlanOutput> {
  return soon();
}

export async function cancelSubscription(_ctx: Ctx, _deps: ReconcileDeps): Promise<SubscriptionStep> {
  return soon();
}

export async function resumeSubscription(_ctx: Ctx, _deps: ReconcileDeps): Promise<SubscriptionStep> {
  return soon();
}
