import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { CheckoutInput, PortalInput, UrlOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function checkout(_ctx: Ctx, _input: CheckoutInput): Promise<UrlOutput> {
  return soon();
}

export async function portal(_ctx: Ctx, _input: PortalInput): Promise<UrlOutput> {
  return soon();
}
