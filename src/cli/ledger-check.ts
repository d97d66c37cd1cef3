import { closeDb } from "@/db/client";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { metering } from "@/rest/internal/metering";
import { explain } from "./failure";

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

/** `npm run -s ledger:check`: one line per invariant; exits 1 on any breach, 2 where a store cannot be asked. */
try {
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
} catch (error) {
  console.error(`The ledger could not be checked: ${explain(error)}`);
  process.exitCode = 2;
} finally {
  await closeDb();
}
