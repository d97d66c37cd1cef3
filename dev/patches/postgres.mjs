// Run by npm after every install. postgres 3.4.9 writes to a socket that may be gone by then, from a timer, so that a
// connection which dies within a transaction ends the whole process instead of failing the query
// (porsager/postgres issues 1066, 1154 and 1208; not mended in any release). The guard below fails the query.
// A version whose text differs is left alone, and the test in src/db/client.db.test.ts tells whether it needs this still.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BEFORE = `  function nextWrite(fn) {
    const x = socket.write(chunk, fn)`;
const AFTER = `  function nextWrite(fn) {
    if (socket === null) {
      nextWriteTimer !== null && clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options))
      return false
    }
    const x = socket.write(chunk, fn)`;

for (const build of ["src", "cjs/src", "cf/src"]) {
  const file = fileURLToPath(new URL(`../../node_modules/postgres/${build}/connection.js`, import.meta.url));
  if (!existsSync(file)) continue;
  const text = readFileSync(file, "utf8");
  if (text.includes(BEFORE)) writeFileSync(file, text.replace(BEFORE, AFTER));
  else if (!text.includes(AFTER))
    console.warn(`postgres/${build} is not the version this guard was written for; see dev/patches`);
}
