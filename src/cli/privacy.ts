import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { closeDb, db } from "@/db/client";
import { exportBrand, exportPerson, personAt } from "@/features/admin/privacy/queries";
import { dataMapPage } from "@/features/admin/privacy/rules";
import { eraseBrand, erasePerson } from "@/features/admin/privacy/service";
import { mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s privacy -- export --person EMAIL --to FOLDER
       npm run -s privacy -- export --brand CUSTOMER --to FOLDER
       npm run -s privacy -- erase --person EMAIL --yes
       npm run -s privacy -- erase --brand CUSTOMER --yes
       npm run -s privacy -- map`;
const OPERATOR = { type: "system", id: "privacy" } as const;

/** Writes an export: a file a table, a line a row. */
async function written(
  folder: string,
  run: (take: (one: { table: string; row: unknown }) => Promise<void>) => Promise<number>,
) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = new Map<string, ReturnType<typeof createWriteStream>>();
  const count = await run(async ({ table, row }) => {
    const file = files.get(table) ?? createWriteStream(`${folder}/${table}.ndjson`, { mode: 0o600 });
    files.set(table, file);
    if (!file.write(`${JSON.stringify(row)}\n`)) await once(file, "drain");
  });
  for (const file of files.values()) {
    file.end();
    await once(file, "close");
  }
  console.log(`${count} rows of ${files.size} tables are in ${folder}`);
}

/** `npm run -s privacy`: what is kept of a person or a brand, in files, and gone. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      person: { type: "string" },
      brand: { type: "string" },
      to: { type: "string" },
      yes: { type: "boolean" },
    },
  });
  const [verb] = positionals;
  if (verb === "map") {
    writeFileSync("docs/data-map.md", dataMapPage());
    return;
  }
  const { person, brand, to, yes } = values;
  if ((person === undefined) === (brand === undefined)) throw new Misuse("name a person or a brand");
  if (verb === "export") {
    if (!to) throw new Misuse("--to names the folder to write");
    if (brand) return written(to, (take) => exportBrand(db(), mintCustomerId(brand), take));
    const found = await personAt(db(), person ?? "");
    // Somebody who was invited and never came has no account, and may still ask.
    return written(to, (take) => exportPerson(db(), found ?? { id: "", email: person ?? "" }, take));
  }
  if (verb !== "erase") throw new Misuse(verb ? `there is no "${verb}"` : "say what to do");
  if (!yes) throw new Misuse("what is erased does not come back, but from a backup: add --yes");
  if (brand) {
    const { people } = await eraseBrand(metering(), OPERATOR, { customerId: mintCustomerId(brand) });
    console.log(`The brand is erased, and ${people} people with it who belonged to no other.`);
  } else {
    const { userId } = await erasePerson(db(), OPERATOR, { email: person ?? "" });
    console.log(`${userId ?? "The address, which had no account,"} is erased.`);
  }
}

try {
  await main();
} catch (error) {
  console.error(isMisuse(error) ? `${explain(error)}\n${USAGE}` : explain(error));
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
