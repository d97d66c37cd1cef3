import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { DetailsOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function detailsOf(_ctx: Ctx): Promise<DetailsOutput> {
  return soon();
}
