import { parseArgs } from "node:util";
import { closeDb } from "@/db/client";
import { driftHistory } from "@/features/metering/drift/queries";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse } from "./failure";

/** What state alone cannot show, and the tests that do. */
const PROVED = [
  {
    invariant: 5,
    title: "One effect per operation; a replay is the same to the byte",
    test: "src/features/metering/edge/consume.redis.test.ts",
  },
  {
    invariant: 6,
    title: "What was acknowledged is in the ledger after the drain, a refusal is not",
    test: "src/features/metering/outages.stack.test.ts",
  },
  {
    invariant: 9,
    title: "An operation of one account changes nothing of another",
    test: "src/features/metering/reconcile/hydrate.redis.test.ts",
  },
];

/** How many looks for drift the history shows: a week of them. */
const HISTORY = 1_000;

/** What the worker's own looks have found, newest first. */
async function history(): Promise<void> {
  const reports = await driftHistory(metering().db, HISTORY);
  if (reports.length === 0) console.log("the worker has not looked for drift yet");
  for (const { checkedAt, findings, breaches, brands, tookMs } of reports) {
    const verdict = findings.length === 0 ? "unfinished" : breaches === 0 ? "ok    " : `${breaches} breaches`;
    console.log(`${checkedAt.toISOString()}  ${verdict}  ${brands} brands, ${tookMs} ms`);
    for (const finding of findings) {
      for (const breach of finding.breaches) console.log(`    ${finding.invariant}  ${breach}`);
    }
  }
}

/** Every invariant as it stands now. */
async function check(): Promise<void> {
  const findings = await checkLedger(metering());
  for (const line of [...findings, ...PROVED].toSorted((a, b) => a.invariant - b.invariant)) {
    if ("test" in line) {
      console.log(`proved ${line.invariant}  ${line.title} (proved by ${line.test})`);
      continue;
    }
    const { invariant, title, breaches, checked } = line;
    console.log(`${breaches.length === 0 ? "ok    " : "breach"} ${invariant}  ${title} (${checked} checked)`);
    for (const breach of breaches) console.log(`         ${breach}`);
  }
  process.exitCode = findings.some((finding) => finding.breaches.length > 0) ? 1 : 0;
}

/**
 * `npm run -s ledger:check`: one line per invariant; exits 1 on any breach, 2 where a store cannot be asked. With
 * `--history`, what the worker has found so far.
 */
try {
  const { values } = parseArgs({ options: { history: { type: "boolean" } } });
  await (values.history ? history() : check());
} catch (error) {
  console.error(isMisuse(error) ? explain(error) : `The ledger could not be checked: ${explain(error)}`);
  if (isMisuse(error)) console.error("usage: npm run -s ledger:check [-- --history]");
  process.exitCode = 2;
} finally {
  await closeDb();
}
