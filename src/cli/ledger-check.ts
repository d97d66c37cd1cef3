import { closeDb } from "@/db/client";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { metering } from "@/rest/internal/metering";

/** `npm run -s ledger:check`: one line per invariant; exits 1 on any breach, 2 where a store cannot be asked. */
try {
  const findings = await checkLedger(metering());
  for (const { invariant, title, breaches, checked } of findings) {
    console.log(`${breaches.length === 0 ? "ok    " : "breach"} ${invariant}  ${title} (${checked} checked)`);
    for (const breach of breaches) console.log(`         ${breach}`);
  }
  process.exitCode = findings.some((finding) => finding.breaches.length > 0) ? 1 : 0;
} catch (error) {
  console.error(`The ledger could not be checked: ${error instanceof Error ? error.message : error}`);
  console.error(
    "Is the stack running? Type `npm run dev` in another terminal, or set the environment as .env.example says.",
  );
  process.exitCode = 2;
} finally {
  await closeDb();
}
