import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "@playwright/test";
import postgres from "postgres";
import { parse } from "yaml";
import { freePort } from "../dev/stack/ports";
import { findRedis, type RedisBinary } from "../dev/stack/redis-binary";
import type { OwnBrand } from "./brand";
import { test } from "./journey";
import { stackEnv } from "./stack";

// deploy/: each command of the image and of the compose file, as it stands there, outside a container. Not run are those of
// the build (`npm ci` and `npm run build`, which every checkout of this project runs) and Postgres's own `pg_isready`, which
// comes with its image only.

interface Service {
  readonly command?: string[];
  readonly environment?: Record<string, string | number>;
  readonly healthcheck?: { readonly test?: string[] };
}
const services = (
  parse(readFileSync("deploy/compose.yaml", "utf8"), { merge: true }) as { services: Record<string, Service> }
).services;
const dockerfile = readFileSync("deploy/Dockerfile", "utf8").replace(/\\\n\s*/g, "");
const ofImage = (pattern: RegExp): string[] => JSON.parse(pattern.exec(dockerfile)?.[1] ?? "[]") as string[];
const START = ofImage(/^CMD (\[.*\])$/m);
const HEALTH = ofImage(/^HEALTHCHECK .*CMD (\[.*\])$/m);

const DATABASE = "connected_apps_hosted";
const folder = join(".data", "e2e-hosted");
const ports = { redis: 0, bridge: 0, web: 0 };
const running: Record<string, { child: ChildProcess; said: () => string }> = {};
let secrets: Record<string, string>;
let stores: { postgres: string };
let redis: RedisBinary;

let kin = "redis";

/** A program as this machine has it. */
const program = (name: string): string =>
  name === "node"
    ? process.execPath
    : name.startsWith("redis-")
      ? join(dirname(redis.command), name.replace("redis", kin))
      : name;

/** The environment of a service, with the names of that network turned into addresses of this machine. */
function environment(name: string): NodeJS.ProcessEnv {
  const known: Record<string, string> = {
    POSTGRES_PASSWORD: secrets.postgresAdmin ?? "",
    // Of roles that are there already, and keep their passwords.
    OWNER_PASSWORD: secrets.postgresOwner ?? "",
    APP_PASSWORD: secrets.postgresApp ?? "",
    AUTH_URL: `http://localhost:${ports.web}`,
  };
  const filled = Object.entries(services[name]?.environment ?? {}).map(([variable, value]) => [
    variable,
    String(value)
      .replace(/\$\{(\w+):\?\}/g, (_, given: string) => known[given] ?? given.padEnd(40, "-"))
      .replace(/\$\{\w+:-([^}]*)\}/g, "$1")
      .replace("@postgres:5432", `@${stores.postgres}`)
      .replace("//redis:6379", `//127.0.0.1:${ports.redis}`)
      .replace("//bridge:8079", `//127.0.0.1:${ports.bridge}`)
      .replace("//web:3000", `//localhost:${ports.web}`)
      .replace(/\/connected_apps$/, `/${DATABASE}`),
  ]);
  return {
    ...Object.fromEntries(filled),
    ...(name === "bridge" && { BRIDGE_PORT: String(ports.bridge) }),
    ...redis.env,
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    // As the image has it; the build is the journeys'.
    NODE_ENV: "production",
    PORT: String(ports.web),
    NEXT_DIST_DIR: ".next-e2e",
  };
}

function start(name: string, [command = "", ...args]: string[]): void {
  const child = spawn(program(command), args, {
    env: environment(name),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout?.on("data", (chunk) => (text += chunk));
  child.stderr?.on("data", (chunk) => (text += chunk));
  running[name] = { child, said: () => text };
}

/** Ends a part as an orchestrator does. @returns its exit code, and how long it took, ms */
async function stop(name: string): Promise<{ code: number | null; ms: number }> {
  const child = running[name]?.child;
  if (!child || child.exitCode !== null || child.signalCode !== null) return { code: child?.exitCode ?? null, ms: 0 };
  const begun = performance.now();
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 25_000);
  await ended;
  clearTimeout(force);
  return { code: child.exitCode, ms: performance.now() - begun };
}

/** A health check's command, until it says yes. */
async function healthy(name: string, [command = "", ...args]: string[]): Promise<void> {
  const check = () =>
    promisify(execFile)(program(command), args, { env: environment(name) }).then(
      () => "healthy",
      (error: { code: number }) => `exit code ${error.code}, ${running[name]?.said().slice(-400)}`,
    );
  await expect.poll(check, { timeout: 60_000, intervals: [300] }).toBe("healthy");
}

const run = async (name: string, [command = "", ...args]: string[]) =>
  (await promisify(execFile)(program(command), args, { env: environment(name) })).stdout;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  secrets = JSON.parse(readFileSync(join(process.env.E2E_DATA_DIR ?? "", "secrets.json"), "utf8"));
  redis = await findRedis(resolve(".data"), () => {});
  if (redis.command.endsWith("valkey-server")) kin = "valkey";
  stores = { postgres: new URL(stackEnv().DATABASE_URL ?? "").host };
  for (const name of ["redis", "bridge", "web"] as const) ports[name] = await freePort();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});
test.afterAll(async () => {
  for (const name of Object.keys(running).toReversed()) await stop(name);
  rmSync(folder, { recursive: true, force: true });
});

test("the compose file's commands bring it up, serve, and end what is under way before they stop", async () => {
  start("redis", [...(services.redis?.command ?? []), "--port", String(ports.redis), "--dir", folder]);
  const [, ...ping] = services.redis?.healthcheck?.test ?? [];
  await healthy("redis", [...ping.slice(0, 1), "-p", String(ports.redis), ...ping.slice(1)]);
  start("bridge", services.bridge?.command ?? []);
  const [, ...alive] = services.bridge?.healthcheck?.test ?? [];
  await healthy(
    "bridge",
    alive.map((word) => word.replace(":8079", `:${ports.bridge}`)),
  );

  // Once, and once more: whatever is there stays.
  expect(await run("roles", services.roles?.command ?? [])).toContain(`database ${DATABASE}`);
  expect(await run("roles", services.roles?.command ?? [])).toBe("The roles and the database are there.\n");

  start("web", START);
  await healthy("web", HEALTH);
  expect(running.web?.said()).toMatch(/Migrations: \d+ applied\.[\s\S]*Worker: off\./);
  start("worker", services.worker?.command ?? []);
  await expect.poll(() => running.worker?.said(), { timeout: 60_000 }).toContain("the worker is up");
  const url = `http://localhost:${ports.web}`;
  expect(await (await fetch(`${url}/api/ready`)).json()).toEqual({ status: "ok", postgres: "ok", redis: "ok" });

  const brand = JSON.parse(
    await run("web", [
      "node",
      "src/cli/run.mjs",
      "src/cli/brand-create.ts",
      "--tokens",
      "5000",
      "--apps",
      "pdc-001",
      "--rate-limit",
      "100000",
    ]),
  ) as OwnBrand;
  const consume = () =>
    fetch(`${url}/api/v1/customer/tokens/consume`, {
      method: "POST",
      headers: { authorization: `Bearer ${brand.secret_key}`, "content-type": "application/json" },
      body: '{"app_id":"pdc-001"}',
    }).then(
      async (answer) => ({ status: answer.status, body: await answer.text() }),
      (error: { cause?: { code?: string } }) => ({ status: 0, body: String(error.cause?.code) }),
    );
  expect((await consume()).status).toBe(200);

  // Stopped under use: whatever was begun is answered, and all that was answered is in the ledger.
  const asked: ReturnType<typeof consume>[] = [];
  const traffic = setInterval(() => asked.push(consume()), 10);
  await expect.poll(() => asked.length).toBeGreaterThan(30);
  const web = await stop("web");
  clearInterval(traffic);
  const answers = await Promise.all(asked);
  expect([web.code, web.ms < 15_000]).toEqual([0, true]);
  // Nobody listens any more, or an idle connection ended as the next request set out on it.
  for (const { status, body } of answers)
    expect(status === 200 ? "200" : body).toMatch(/^(?:200|ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/);
  const acknowledged = 1 + answers.filter(({ status }) => status === 200).length;
  const sql = postgres(environment("web").DATABASE_OWNER_URL ?? "", { max: 1 });
  try {
    const inLedger = async () => (await sql`select count(*)::int as n from ledger_entries where kind = 'usage'`)[0]?.n;
    await expect.poll(inLedger).toBe(acknowledged);
  } finally {
    await sql.end();
  }
  const worker = await stop("worker");
  expect([worker.code, worker.ms < 15_000]).toEqual([0, true]);
  expect(await run("web", ["node", "src/cli/run.mjs", "src/cli/ledger-check.ts"])).not.toContain("breach");
});
