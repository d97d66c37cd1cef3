import { parseArgs } from "node:util";
import { closeDb } from "@/db/client";
import { reconcileAll, reconcileBrand } from "@/features/billing/reconcile/service";
import { stripe } from "@/features/billing/stripe/service";
import { isUuid, mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";

/**
 * `npm run -s billing:reconcile`: compares what Stripe was paid, what the ledger granted and what Redis holds, for every
 * brand that has paid or for one, and writes the reports down. Exits 1 where something does not agree.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { brand: { type: "string" } } });
  if (values.brand !== undefined && !isUuid(values.brand)) throw new Misuse("--brand takes a brand's id");
  const reports = values.brand
    ? [await reconcileBrand(metering(), stripe(), mintCustomerId(values.brand))]
    : await reconcileAll(metering(), stripe());
  for (const report of reports) {
    const { customerId, purchases, paidCents, tokensBought, tokensGranted, balance, findings } = report;
    const verdict = findings.length === 0 ? "ok    " : "differs";
    const figures = `${purchases} purchases, ${paidCents} cents, ${tokensBought} bought, ${tokensGranted} granted, ${balance} left`;
    console.log(`${verdict} ${customerId}  ${figures}`);
    for (const { subject, what } of findings) console.log(`         ${subject} ${what}`);
  }
  if (reports.length === 0) console.log("nobody has paid yet");
  process.exitCode = reports.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error("usage: npm run -s billing:reconcile [-- --brand ID]");
  process.exitCode = 2;
} finally {
  await closeDb();
}
