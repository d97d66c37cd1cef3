import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request as send } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "@playwright/test";
import { Redis } from "ioredis";
import postgres from "postgres";
import { freePort } from "../dev/stack/ports";
import { deploymentName } from "../src/lib/deployment";
import { makeBrand, type OwnBrand } from "./brand";
import { test } from "./journey";
import { people, stack, stackEnv } from "./stack";

// The production build twice over the same Redis and the same Postgres server: as production, and as Vercel would start it
// for a branch, with production's own variables. Neither may see the other.

const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");
const BYPASS = "bypass-of-this-test";
/** Another one each time, so that a second try begins afresh. */
const BRANCH = `feature/Side-by-side/${crypto.randomUUID()}`;
const NAME = deploymentName({ VERCEL_ENV: "preview", VERCEL_GIT_COMMIT_REF: BRANCH }) ?? "";

let env: Record<string, string>;
let child: ChildProcess | undefined;
/** Where the build listens, and the guarded address under which it knows itself. */
let [inside, guarded] = ["", ""];
let brand: OwnBrand;
const turnedAway: string[] = [];
const letThrough: string[] = [];

/** What stands before a protected deployment: whoever does not show the secret is asked to sign in. */
const protection = createServer((request, response) => {
  const passes = request.headers["x-vercel-protection-bypass"] === BYPASS;
  (passes ? letThrough : turnedAway).push(request.url ?? "");
  if (!passes) return void response.writeHead(401).end("Authentication Required");
  const { method, headers, url } = request;
  const onward = send(`${inside}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => response.writeHead(502).end());
  request.pipe(onward);
});

const run = (script: string, args: string[] = []) =>
  promisify(execFile)(process.execPath, ["src/cli/run.mjs", script, ...args], { env: { ...process.env, ...env } });

const production = () => process.env.E2E_PRODUCTION_URL ?? "";
const consume = (url: string, key: string) =>
  fetch(`${url}/api/v1/customer/tokens/consume`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: '{"app_id":"pdc-001"}',
  });
const balance = async (url: string, key: string) =>
  (await fetch(`${url}/api/v1/customer/tokens/balance`, { headers: { authorization: `Bearer ${key}` } })).status;

test.beforeAll(async () => {
  const secrets = JSON.parse(readFileSync(join(process.env.E2E_DATA_DIR ?? "", "secrets.json"), "utf8"));
  const admin = new URL(stackEnv().DATABASE_OWNER_URL ?? "");
  Object.assign(admin, { username: "postgres", password: secrets.postgresAdmin, pathname: "/postgres" });
  const sql = postgres(admin.href, { max: 1 });
  // Previews on a server that production is on too: their owner makes databases.
  await sql`alter role connected_apps_owner createdb`;
  await sql.end();

  const port = await freePort();
  inside = `http://localhost:${port}`;
  protection.listen(0, "127.0.0.1");
  await once(protection, "listening");
  guarded = `http://localhost:${(protection.address() as AddressInfo).port}`;
  env = {
    ...stackEnv(),
    VERCEL_ENV: "preview",
    VERCEL_GIT_COMMIT_REF: BRANCH,
    VERCEL_URL: new URL(guarded).host,
    VERCEL_AUTOMATION_BYPASS_SECRET: BYPASS,
    NODE_ENV: "production",
    NEXT_DIST_DIR: ".next-e2e",
    LOG_LEVEL: "silent",
  };
  const { stdout } = await run("src/cli/deploy.ts");
  expect(stdout).toContain(`Deployment: ${NAME}, with a new database and keys of its own.`);
  child = spawn(process.execPath, [NEXT, "start", "-p", String(port), "-H", "localhost"], {
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
  brand = JSON.parse(
    (await run("src/cli/brand-create.ts", ["--tokens", "50", "--apps", "pdc-001"])).stdout,
  ) as OwnBrand;
  await expect
    .poll(async () => (await fetch(`${inside}/api/ready`).catch(() => null))?.status, { timeout: 20_000 })
    .toBe(200);
});

test.afterAll(async () => {
  child?.kill("SIGTERM");
  if (child) await Promise.race([once(child, "exit"), new Promise((done) => setTimeout(done, 5_000))]);
  if (child?.exitCode === null) child.kill("SIGKILL");
  protection.close();
});

test("a preview and production over the same stores do not see each other", async () => {
  const redis = new Redis(stackEnv().METER_REDIS_URL ?? "");
  const mine = await makeBrand(40);
  expect((await consume(production(), mine.secret_key)).status).toBe(200);
  expect((await consume(inside, brand.secret_key)).status).toBe(200);

  // A key of the one is no key of the other, at the edge and at the Node side.
  expect((await consume(production(), brand.secret_key)).status).toBe(401);
  expect(await balance(production(), brand.secret_key)).toBe(401);
  expect((await consume(inside, mine.secret_key)).status).toBe(401);
  expect(await balance(inside, mine.secret_key)).toBe(401);

  // Every key in Redis is the one's or the other's, by how it begins.
  const keys = await redis.keys("*");
  redis.disconnect();
  const own = keys.filter((key) => key.startsWith(`${NAME}:`));
  const others = keys.filter((key) => !own.includes(key));
  for (const key of others) expect(key).not.toContain(NAME);
  for (const list of [own, others]) expect(list.some((key) => key.includes(":acct:"))).toBe(true);

  // The use reached the preview's ledger by a wake that went past the protection, and nobody was turned away.
  const previewDatabase = new URL(stackEnv().DATABASE_OWNER_URL ?? "");
  previewDatabase.pathname += `_${NAME.replaceAll("-", "_")}`;
  const [here, there] = [
    postgres(previewDatabase.href, { max: 1 }),
    postgres(stackEnv().DATABASE_OWNER_URL ?? "", { max: 1 }),
  ];
  try {
    await expect
      .poll(async () => (await here`select count(*)::int as n from ledger_entries where kind = 'usage'`)[0]?.n)
      .toBe(1);
    expect(letThrough).toContain("/api/internal/metering/drain");
    expect(turnedAway).toEqual([]);
    const brands = async (sql: postgres.Sql) => (await sql`select id from customers`).map(({ id }) => String(id));
    const [ofPreview, ofProduction] = [await brands(here), await brands(there)];
    expect(ofPreview).toHaveLength(1);
    expect(ofProduction).not.toContain(ofPreview[0]);
  } finally {
    await Promise.all([here.end(), there.end()]);
  }

  // Both books are right, each by its own command.
  expect((await run("src/cli/ledger-check.ts")).stdout).not.toContain("breach");
});

test("a preview names itself and nobody else, and production's session is no session there", async ({ page }) => {
  const sent = await fetch(`${inside}/keys`, { redirect: "manual" });
  expect(sent.headers.get("location")).toMatch(new RegExp(`^${guarded}/sign-in`));
  await page.goto(`${production()}/sign-in`);
  await page.getByLabel("Email").fill(people.admin);
  await page.getByLabel("Password", { exact: true }).fill(stack().admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/overview");
  // One host, so the browser shows the preview the same cookie.
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  expect(cookie).toContain("connected-apps.session");
  const visit = await fetch(`${inside}/overview`, { redirect: "manual", headers: { cookie } });
  expect([visit.status, visit.headers.get("x-session-look")]).toEqual([307, "out"]);
});

test("a preview with a live key of Stripe's is not deployed", async () => {
  env = { ...env, STRIPE_SECRET_KEY: "sk_live_not_for_previews" };
  const failed = await run("src/cli/deploy.ts").catch((error: { stderr: string; code: number }) => error);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toContain("STRIPE_SECRET_KEY is a live key, and this is a preview");
  expect(failed.stderr).not.toContain("sk_live");
});
