import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import type { CsvOutput, StatementInput, StatementOutput } from "../contract";

const soon = (): never => {
  throw new Refusal("billing_unavailable", "Billing is not set up here.");
};

export async function statement(_ctx: Ctx, _input: StatementInput): Promise<StatementOutput> {
  return soon();
}

export async function statementCsv(_ctx: Ctx, _input: StatementInput): Promise<CsvOutput> {
  return soon();
}
