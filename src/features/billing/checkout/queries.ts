import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { CheckoutStateInput, CheckoutStateOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function checkoutState(_ctx: Ctx, _input: CheckoutStateInput): Promise<CheckoutStateOutput> {
  return soon();
}
