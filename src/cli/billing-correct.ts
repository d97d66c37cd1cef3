import { parseArgs } from "node:util";
import { closeDb, db } from "@/db/client";
import {
  adjustTokens,
  type Proposal,
  proposeAdjustment,
  proposeRefund,
  refundPurchase,
} from "@/features/billing/corrections/service";
import { isUuid, mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s billing:correct -- refund --brand ID --purchase ID [--cents N] --reason "WHY" [--confirm WORD]
       npm run -s billing:correct -- adjust --brand ID --tokens N --reason "WHY" [--confirm WORD]`;

const whole = (name: string, text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (!/^-?\d{1,15}$/.test(text)) throw new Misuse(`--${name} takes a whole number`);
  return Number(text);
};

const propose = ({ what, confirmation }: Proposal): void => {
  console.log(`This would ${what}.`);
  console.log(`Nothing is done yet. To do it, type the same with --confirm ${confirmation}`);
};

/**
 * `npm run -s billing:correct`: gives money back, or corrects a balance. The first call says what it would do, the second
 * one, with the word that the first has shown, does it.
 */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { brand: text, purchase: text, cents: text, tokens: text, reason: text, confirm: text },
  });
  const [verb] = positionals;
  const { brand, purchase, reason, confirm: confirmation } = values;
  if (!brand || !isUuid(brand)) throw new Misuse("--brand takes a brand's id");
  if (!reason) throw new Misuse('--reason "WHY" is needed');
  const ctx = { db: db(), customerId: mintCustomerId(brand), actor: { type: "system", id: "operator" } } as const;
  if (verb === "refund") {
    if (!purchase || !isUuid(purchase)) throw new Misuse("--purchase takes a purchase's id");
    const input = { purchaseId: purchase, cents: whole("cents", values.cents), reason };
    if (!confirmation) return propose(await proposeRefund(ctx, input));
    const { refundId } = await refundPurchase(ctx, metering(), { ...input, confirmation });
    console.log(`done: ${refundId}`);
    return;
  }
  if (verb !== "adjust") throw new Misuse(verb === undefined ? "say what to do" : `there is no verb ${verb}`);
  const input = { tokens: whole("tokens", values.tokens) ?? 0, reason };
  if (!confirmation) return propose(await proposeAdjustment(ctx, input));
  const outcome = await adjustTokens(ctx, metering(), { ...input, confirmation });
  console.log(outcome);
  if (outcome === "refused") process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error(USAGE);
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
