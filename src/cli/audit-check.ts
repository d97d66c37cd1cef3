import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { closeDb, db } from "@/db/client";
import { chainHeads, checkChains, unchainedLines } from "@/features/audit/chain/queries";
import { isUuid } from "@/lib/ids";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = "usage: npm run -s audit:check -- [--brand CUSTOMER_ID] [--save FILE] [--against FILE]";

const file = z.array(z.object({ customerId: z.uuid(), seq: z.int().positive(), hash: z.string() }));

function keptIn(path: string) {
  try {
    return file.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    throw new Misuse(`--against ${path}: this is no file that --save wrote`);
  }
}

/**
 * `npm run -s audit:check`: one line per brand; exits 1 on any fault, 2 where Postgres cannot be asked.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { brand: { type: "string" }, save: { type: "string" }, against: { type: "string" } },
  });
  if (values.brand !== undefined && !isUuid(values.brand)) throw new Misuse("--brand takes a brand's id");
  if (values.brand !== undefined && values.save !== undefined) {
    throw new Misuse("--save keeps where every log ends, and --brand looks at one of them only: give one or the other");
  }
  const reports = await checkChains(db(), {
    ...(values.brand !== undefined && { customerId: values.brand }),
    ...(values.against !== undefined && { kept: keptIn(values.against) }),
  });
  for (const { customerId, lines, faults } of reports) {
    console.log(
      `${faults.length === 0 ? "ok    " : "breach"} ${customerId}  ${lines} ${lines === 1 ? "line" : "lines"}`,
    );
    for (const fault of faults) console.log(`         ${fault}`);
  }
  const before = await unchainedLines(db());
  if (before > 0) console.log(`${before} lines are from before there was a chain; nothing can be said of them`);
  const broken = reports.filter(({ faults }) => faults.length > 0).length;
  console.log(`${reports.length} logs, ${broken} of them with faults`);
  process.exitCode = broken > 0 ? 1 : 0;
  if (values.save === undefined) return;
  if (broken > 0) throw new Misuse("--save: what was tampered with is not kept as the truth");
  const heads = await chainHeads(db());
  writeFileSync(values.save, `${JSON.stringify(heads, null, 1)}\n`, { mode: 0o600 });
  console.log(
    `the ends of ${heads.length} logs are in ${values.save}: keep it where who runs the database cannot write`,
  );
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error(USAGE);
  process.exitCode = 2;
} finally {
  await closeDb();
}
