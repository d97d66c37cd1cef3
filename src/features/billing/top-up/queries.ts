import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { OverageInput, OverageOutput, OveragePreviewOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function overageOf(_ctx: Ctx): Promise<OverageOutput> {
  return soon();
}

export async function overagePreview(_ctx: Ctx, _input: OverageInput): Promise<OveragePreviewOutput> {
  return soon();
}
