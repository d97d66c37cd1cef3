import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { PageInput, PurchasesOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function purchasesOf(_ctx: Ctx, _input: PageInput): Promise<PurchasesOutput> {
  return soon();
}
