import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import type { InvoicesOutput, OverviewOutput, PageInput, PlansOutput } from "./contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function overview(_ctx: Ctx, _deps: ReconcileDeps): Promise<OverviewOutput> {
  return soon();
}

export async function plansFor(_ctx: Ctx): Promise<PlansOutput> {
  return soon();
}

export async function invoicesOf(_ctx: Ctx, _input: PageInput): Promise<InvoicesOutput> {
  return soon();
}
