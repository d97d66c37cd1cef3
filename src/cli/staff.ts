import { parseArgs } from "node:util";
import { closeDb, db } from "@/db/client";
import { staffOf } from "@/features/admin/staff/queries";
import { setStaff } from "@/features/admin/staff/service";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s staff -- list
       npm run -s staff -- add EMAIL
       npm run -s staff -- remove EMAIL`;
const OPERATOR = { type: "system", id: "staff" } as const;

/** `npm run -s staff`: who may open the platform's own pages, and nobody else can say so. */
async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true, options: {} });
  const [verb, email, more] = positionals;
  if (verb === "list" && email === undefined) {
    for (const one of await staffOf(db())) console.log(`${one.since.toISOString()}  ${one.email}  ${one.name}`);
    return;
  }
  if ((verb !== "add" && verb !== "remove") || email === undefined || more !== undefined) {
    throw new Misuse(verb === undefined ? "say what to do" : "list takes nothing, add and remove one address");
  }
  const staff = verb === "add";
  const changed = await setStaff(db(), OPERATOR, { email, staff });
  const now = staff ? "one of the staff" : "not of the staff";
  console.log(changed ? `${email} is ${now} from now on` : `${email} was ${now} already`);
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
