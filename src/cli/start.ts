import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { env } from "@/lib/env";
import { buildWidget } from "./build-widget";
import { requirePort, requireWritable, StartError, sentenceFor } from "./obstacles";
import { prepareDatabase } from "./prepare";

// `npm start`: the production build against the services the environment names. Builds it where it is missing or old,
// migrates where it may, serves on PORT (default 3000), and runs the worker beside it unless WORKER=off.

const ROOT = resolve(import.meta.dirname, "../..");
const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");
const CLOSING = pathToFileURL(join(ROOT, "src/cli/close-connections.mjs")).href;
const DIST_DIR = process.env.NEXT_DIST_DIR || ".next";
/** What a build is made of. */
const SOURCES = ["src", "public", "middleware.ts", "next.config.mjs", "postcss.config.mjs", "package-lock.json"];
/** How long the parts may take to finish what they are doing, in milliseconds. */
const GRACE_MS = 15_000;

const children = new Map<string, ChildProcess>();
let stopping = false;

/** When the newest of the sources was written, in milliseconds. Tests are not part of a build. */
function newestSource(): number {
  const changed = (path: string): number => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found || /\.test\.tsx?$/.test(path)) return 0;
    if (!found.isDirectory()) return found.mtimeMs;
    return Math.max(0, ...readdirSync(path).map((name) => changed(join(path, name))));
  };
  return Math.max(...SOURCES.map((name) => changed(join(ROOT, name))));
}

/** Starts one of our own processes; the name is for messages. */
function launch(name: string, args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
  });
  children.set(name, child);
  child.once("exit", () => children.delete(name));
  return child;
}

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(signal ?? `exit code ${code}`));
  });

async function buildIfNeeded(): Promise<void> {
  const marker = join(ROOT, DIST_DIR, "BUILD_ID");
  const built = existsSync(marker) ? statSync(marker).mtimeMs : undefined;
  if (built !== undefined && built > newestSource() && existsSync(join(ROOT, "public/v1/build.json"))) {
    console.log(`Build: the one in ${DIST_DIR} is newer than every source.`);
    return;
  }
  for (const folder of [DIST_DIR, "public"]) requireWritable(join(ROOT, folder));
  console.log(`Build: ${built === undefined ? "there is none" : "a source is newer"}; building.`);
  await buildWidget();
  const result = await ended(launch("build", [NEXT, "build"]));
  if (stopping) return;
  if (result !== "exit code 0") throw new StartError(`The build failed (${result}); nothing is served.`);
}

/** Ends what is running: first asked, then, after the grace, by force. */
async function stopChildren(): Promise<void> {
  for (const child of children.values()) child.kill("SIGTERM");
  for (let waited = 0; children.size > 0 && waited < GRACE_MS; waited += 50) await sleep(50);
  for (const child of children.values()) child.kill("SIGKILL");
}

function forwardSignals(): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.log("Stopping.");
      void stopChildren().then(() => process.exit(0));
    });
  }
}

try {
  forwardSignals();
  env();
  await requirePort(process.env.PORT || "3000", process.env.HOST || undefined);
  await buildIfNeeded();
  if (!stopping) await prepareDatabase();
  if (!stopping) {
    const port = process.env.PORT || "3000";
    const host = process.env.HOST ? ["--hostname", process.env.HOST] : [];
    const parts = [
      ended(launch("web", ["--import", CLOSING, NEXT, "start", "--port", port, ...host])).then(
        (how) => `The web app ended (${how})`,
      ),
    ];
    if (process.env.WORKER === "off") console.log("Worker: off.");
    else {
      const worker = launch("worker", [join(ROOT, "src/cli/run.mjs"), join(ROOT, "src/worker/index.ts")]);
      parts.push(ended(worker).then((how) => `The worker ended (${how})`));
    }
    // Both or neither: half a system that looks alive is worse than one that is started again.
    const first = await Promise.race(parts);
    if (!stopping) throw new StartError(`${first}; stopping the rest.`);
  }
} catch (error) {
  if (!stopping) {
    stopping = true;
    console.error(sentenceFor(error) ?? error);
    await stopChildren();
    process.exit(1);
  }
}
