import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { DetailsInput, DetailsOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function setDetails(_ctx: Ctx, _input: DetailsInput): Promise<DetailsOutput> {
  return soon();
}
