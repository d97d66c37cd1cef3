import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { PlanInput, PreviewOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function previewChange(_ctx: Ctx, _input: PlanInput): Promise<PreviewOutput> {
  return soon();
}
