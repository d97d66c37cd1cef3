import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../dev/stack/ports";

const ROOT = resolve(import.meta.dirname, "..");
const DATA_DIR = join(ROOT, ".data", "e2e");
/** A build folder of its own, so that a `npm run dev` beside the tests is not disturbed. */
const DIST_DIR = ".next-e2e";

interface Running {
  readonly child: ChildProcess;
  readonly log: string;
}

function launch(name: string, file: string, args: string[], env: Record<string, string>): Running {
  mkdirSync(join(ROOT, "test-results"), { recursive: true });
  const log = join(ROOT, "test-results", `${name}.log`);
  const out = openSync(log, "w");
  const environment: NodeJS.ProcessEnv = { ...process.env, DATA_DIR, NEXT_DIST_DIR: DIST_DIR, ...env };
  // Playwright sets NODE_ENV for itself, and npm is not the one who starts this.
  for (const name of ["NODE_ENV", "npm_lifecycle_event"]) Reflect.deleteProperty(environment, name);
  const child = spawn(process.execPath, ["src/cli/run.mjs", file, ...args], {
    cwd: ROOT,
    // Without a terminal nothing asks; its own group, so that Ctrl-C reaches it through us only, and once.
    detached: true,
    stdio: ["ignore", out, out],
    env: environment,
  });
  return { child, log };
}

const hasEnded = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null;

async function until(name: string, running: Running, ms: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await check().catch(() => false))) {
    if (hasEnded(running) || Date.now() > deadline) {
      const words = readFileSync(running.log, "utf8").split("\n").slice(-40).join("\n");
      throw new Error(`${name} did not come up. Its log (${running.log}) ends with:\n${words}`);
    }
    await sleep(100);
  }
}

async function stop(running: Running | undefined): Promise<void> {
  if (!running || hasEnded(running)) return;
  running.child.kill("SIGTERM");
  for (let waited = 0; !hasEnded(running) && waited < 40_000; waited += 50) await sleep(50);
  if (!hasEnded(running)) running.child.kill("SIGKILL");
}

const wantsProduction = (): boolean =>
  readdirSync(join(ROOT, "e2e"), { recursive: true }).some((name) =>
    /\.(production|both)\.spec\.ts$/.test(String(name)),
  );

/** What the browser's fake camera shows: one photo over and over, as a film of it. */
function writeCamera(): void {
  const photo = readFileSync(join(ROOT, "e2e/fixtures/face.jpg"));
  mkdirSync(join(ROOT, ".data"), { recursive: true });
  writeFileSync(join(ROOT, ".data/e2e-face.mjpeg"), Buffer.concat(Array.from({ length: 30 }, () => photo)));
}

/**
 * Starts the whole system with fresh data, as a newcomer would, and where a spec asks for it the production build over
 * the same stores. Addresses are left in E2E_DEV_URL, E2E_PRODUCTION_URL, E2E_STOREFRONT_URL; E2E_DATA_DIR holds
 * dev.json with the demo sign-in and keys.
 */
export default async function setup(): Promise<() => Promise<void>> {
  writeCamera();
  const ready = join(DATA_DIR, "dev.json");
  rmSync(ready, { force: true });
  const port = await freePort();
  const dev = launch("dev", "dev/supervisor.ts", ["--reset"], { PORT: String(port) });
  let production: Running | undefined;
  const teardown = async (): Promise<void> => {
    await stop(production);
    await stop(dev);
  };
  try {
    await until("npm run dev", dev, 300_000, async () => existsSync(ready));
    const { url, storefront_url } = JSON.parse(readFileSync(ready, "utf8")) as Record<string, string>;
    Object.assign(process.env, { E2E_DEV_URL: url, E2E_STOREFRONT_URL: storefront_url, E2E_DATA_DIR: DATA_DIR });
    if (wantsProduction()) {
      const ownPort = await freePort();
      const own = `http://localhost:${ownPort}`;
      // The worker of the development stack drains for both.
      // By name, because what this process was started with may be the stores of a `npm run dev` beside it, or of a .env.
      const stores = JSON.parse(readFileSync(join(DATA_DIR, "env.json"), "utf8")) as Record<string, string>;
      production = launch("production", "src/cli/start.ts", [], {
        ...stores,
        PORT: String(ownPort),
        AUTH_URL: own,
        WORKER: "off",
        ...(process.env.COVERAGE_DIR && { NODE_V8_COVERAGE: join(process.env.COVERAGE_DIR, "server") }),
      });
      await until("npm start", production, 600_000, async () => (await fetch(`${own}/api/health`)).status === 200);
      // What the build ran is none of the journeys'.
      if (process.env.COVERAGE_DIR) rmSync(join(process.env.COVERAGE_DIR, "server"), { recursive: true, force: true });
      process.env.E2E_PRODUCTION_URL = own;
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
