import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { ReconciliationOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function latestReconciliation(_ctx: Ctx): Promise<ReconciliationOutput> {
  return soon();
}
