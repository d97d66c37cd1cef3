import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import type { BuyPackInput, BuyPackOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function buyPack(_ctx: Ctx, _deps: ReconcileDeps, _input: BuyPackInput): Promise<BuyPackOutput> {
  return soon();
}
