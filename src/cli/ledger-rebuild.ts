import { parseArgs } from "node:util";
import { closeDb } from "@/db/client";
import { databaseTime, openedAccounts } from "@/features/metering/rebuild/queries";
import { rebuildAccounts } from "@/features/metering/rebuild/service";
import { accountName } from "@/features/metering/rules";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";
import { accountsNamed, confirmed, progressLine } from "./terminal";

const USAGE = "usage: npm run -s ledger:rebuild -- --account CUSTOMER[:live|test] | --all [--before TIME] [--yes]";

/**
 * `npm run -s ledger:rebuild`: closes accounts and computes them anew from the ledger, each under its next epoch. Exits 1
 * where some could not be, with each of them and why. A rebuild of all that broke off goes on with `--before`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      account: { type: "string" },
      all: { type: "boolean" },
      before: { type: "string" },
      yes: { type: "boolean" },
    },
  });
  if ((values.account === undefined) === (values.all !== true)) throw new Misuse("give --account or --all");
  if (values.before !== undefined && !values.all) throw new Misuse("--before goes with --all");
  const before = values.before === undefined ? undefined : new Date(values.before);
  if (before && Number.isNaN(before.getTime())) throw new Misuse("--before takes a time such as 2026-11-21T09:30:00Z");

  const deps = metering();
  const began = before ?? (await databaseTime(deps.db));
  const named = values.account === undefined ? null : accountsNamed(values.account);
  const accounts = named
    ? named.modes.map((mode) => accountOf(mintCustomerId(named.customerId), mode))
    : await openedAccounts(deps.db, began);
  if (values.all && !values.yes) {
    const question = `Close ${accounts.length} accounts for a moment each, and compute them from the ledger?`;
    if (!(await confirmed(question))) return;
  }

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const line = progressLine();
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const result = await rebuildAccounts(deps, { type: "system", id: "operator" }, accounts, {
    signal: stop.signal,
    tell: ({ total, done, failed }) => {
      const rate = (done + failed.length) / Math.max(seconds(), 0.001);
      line.tell(`${done} of ${total} rebuilt, ${failed.length} failed, ${rate.toFixed(0)} a second`);
    },
  });
  line.end();
  console.log(`${result.done} of ${result.total} accounts rebuilt in ${seconds().toFixed(1)} s`);
  for (const { account, error } of result.failed) console.log(`failed  ${accountName(account)}  ${explain(error)}`);
  if (result.done === result.total) return;
  process.exitCode = 1;
  if (values.all) {
    console.error(`To go on with the rest: npm run -s ledger:rebuild -- --all --before ${began.toISOString()}`);
  }
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
