// Every command of this project starts here: it refuses an old Node with a sentence, fills in the environment,
// and only then loads TypeScript. Plain JavaScript on purpose: it must parse on the Node it refuses.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major < 22) {
  console.error(
    `Connected Apps needs Node 22 or newer, and this is Node ${process.versions.node}.\n` +
      "The project brings Node 24 along as an npm package: type `npm ci` with install scripts allowed, then the command again.",
  );
  process.exit(1);
}

const [entry, ...rest] = process.argv.slice(2);
if (!entry) {
  console.error("usage: node src/cli/run.mjs <file.ts> [arguments]");
  process.exit(2);
}

// Precedence: what the shell says, then .env. What the running local stack wrote down counts only where neither names a
// store: half of one installation and half of another would migrate, or charge, the wrong one.
if (existsSync(".env")) process.loadEnvFile(".env");
const stack = resolve(process.env.DATA_DIR ?? ".data", "env.json");
if (!process.env.DATABASE_URL && !process.env.UPSTASH_REDIS_REST_URL && existsSync(stack)) {
  for (const [name, value] of Object.entries(JSON.parse(readFileSync(stack, "utf8")))) {
    process.env[name] ??= String(value);
  }
}

const file = resolve(entry);
process.argv = [process.argv[0] ?? "node", file, ...rest];
const { register } = await import("tsx/esm/api");
register();
await import(pathToFileURL(file).href);
