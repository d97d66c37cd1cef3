import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { OverageInput, OverageOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function setOverage(_ctx: Ctx, _input: OverageInput): Promise<OverageOutput> {
  return soon();
}
