import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { buildWidget } from "../src/cli/build-widget";
import { inWords, logPart, printStep, printTable } from "./stack/console";
import { messageOf, StackError } from "./stack/errors";
import { dataDirFromEnv, PROJECT_ROOT, prepareDataDir, wipeDataDir, writeJson } from "./stack/files";
import type { Part } from "./stack/part";
import { rememberedPort } from "./stack/ports";
import { claimDataDir, isRunning, releaseDataDir, startersOf, stopLeftovers } from "./stack/processes";
import { loadSecrets, rememberDemoSecretKey } from "./stack/secrets";
import { startServices } from "./stack/services";
import { stripeEnv, stripePart } from "./stack/stripe";
import {
  FIRST_PAGES,
  forgetDevelopmentBuild,
  inboxPart,
  METERING_ROUTES,
  nextPart,
  requireFreePort,
  storefrontPart,
  warmUp,
  webPort,
  workerPart,
} from "./stack/web";

// `npm run dev`: everything on one machine, with no account and no .env.

/** Where the storefront is served if nobody has that port. */
const STOREFRONT_PORT = 3100;
/** Where the mail inbox is shown if nobody has that port. */
const INBOX_PORT = 3200;

const dataDir = dataDirFromEnv();
const parts: Part[] = [];
let claimed = false;
let stopping = false;
/** Whether everything has been started once. */
let up = false;
let firstSignalAt = 0;

async function timed<T>(name: string, work: () => Promise<T>, detail: (value: T) => string): Promise<T> {
  const begun = performance.now();
  const value = await work();
  printStep(name, detail(value), performance.now() - begun);
  return value;
}

/** `--reset`: asks where somebody can answer, then forgets everything. */
async function reset(): Promise<void> {
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question(`Delete everything in ${dataDir}? Type "yes": `);
    terminal.close();
    if (answer.trim().toLowerCase() !== "yes") throw new StackError("Nothing was deleted.");
  }
  await stopLeftovers(dataDir);
  wipeDataDir(dataDir);
  prepareDataDir(dataDir);
  claimDataDir(dataDir);
  console.log(`Deleted ${dataDir}; starting afresh.`);
}

/** Files that say "the stack is up": gone as long as it is not. */
function forgetAddresses(): void {
  for (const name of ["dev.json", "env.json"]) rmSync(join(dataDir, name), { force: true });
}

async function prepareData(env: Record<string, string>, storefrontOrigin: string) {
  // The product reads its environment on first use, so its modules are loaded only now.
  Object.assign(process.env, env);
  const { migrateDatabase } = await import("../src/db/migrate");
  await timed(
    "Migrations",
    () => migrateDatabase(env.DATABASE_OWNER_URL ?? ""),
    ({ applied }) => (applied === 0 ? "nothing to apply" : `${applied} applied`),
  );
  const { closeDb, db } = await import("../src/db/client");
  const { seedCatalog } = await import("../src/db/seed/catalog");
  const { publishCatalog } = await import("../src/features/metering/jobs");
  const { metering } = await import("../src/rest/internal/metering");
  const { seedDemo } = await import("../src/cli/demo/brand");
  const { seedStaff } = await import("../src/cli/demo/staff");
  try {
    return await timed(
      "Seed",
      async () => {
        await seedCatalog(db());
        await publishCatalog(metering());
        const { demoSecretKey } = loadSecrets(dataDir);
        const demo = await seedDemo({ storefrontOrigin, ...(demoSecretKey && { knownSecretKey: demoSecretKey }) });
        rememberDemoSecretKey(dataDir, demo.secretKey);
        return { ...demo, staff: await seedStaff(storefrontOrigin) };
      },
      () => "apps, plans, the demo brand Northlight Optics and the platform's own",
    );
  } finally {
    await closeDb();
  }
}

async function start(): Promise<void> {
  const begun = performance.now();
  const port = webPort();
  forgetAddresses();
  const leftovers = await stopLeftovers(dataDir);
  if (leftovers.length > 0)
    console.log(`A former run was killed and had left ${leftovers.join(", ")} running: stopped.`);
  await requireFreePort(port);

  const add = (part: Part): Part => {
    parts.push(part);
    return part;
  };
  const services = await startServices({ dataDir, log: logPart, keepAlive: true, onPart: add, onStep: printStep });
  const storefront = await rememberedPort(dataDir, "storefront", STOREFRONT_PORT);
  if (storefront.moved) {
    console.log(`The storefront's port ${storefront.moved} has been taken meanwhile: it is at ${storefront.port} now.`);
  }
  const smtp = await rememberedPort(dataDir, "smtp");
  const inboxPage = await rememberedPort(dataDir, "inbox", INBOX_PORT);
  const url = `http://localhost:${port}`;
  const storefrontUrl = `http://localhost:${storefront.port}`;
  const inboxUrl = `http://localhost:${inboxPage.port}`;
  const stripePort = await rememberedPort(dataDir, "stripe");
  const stripeUrl = `http://localhost:${stripePort.port}`;
  const secrets = loadSecrets(dataDir);
  const env = {
    ...services.env,
    ...stripeEnv(secrets, stripeUrl),
    METRICS_TOKEN: secrets.metricsToken,
    AUTH_URL: url,
    MAIL_URL: `smtp://127.0.0.1:${smtp.port}`,
    // A receiver of webhooks may be tried out on this machine.
    OUTGOING_LOOPBACK: "on",
  };
  writeJson(join(dataDir, "env.json"), env);
  const demo = await prepareData(env, storefrontUrl);

  await timed("Widgets", buildWidget, ({ version, gzipBytes }) => `loader ${version}, ${gzipBytes} bytes gzip`);
  const web = { dataDir, env, log: logPart };
  const shop = add(storefrontPart({ ...web, port: storefront.port }));
  const inbox = add(inboxPart({ ...web, port: inboxPage.port, smtpPort: smtp.port }));
  const stripe = add(stripePart({ ...web, port: stripePort.port, webUrl: url }));
  const next = add(await nextPart({ ...web, port }));
  const worker = add(workerPart(web));
  await Promise.all([
    timed(
      "Storefront",
      () => shop.start(),
      () => storefrontUrl,
    ),
    timed(
      "Inbox",
      () => inbox.start(),
      () => inboxUrl,
    ),
    timed(
      "Stripe stand-in",
      () => stripe.start(),
      () => stripeUrl,
    ),
    timed(
      "Worker",
      () => worker.start(),
      () => "running",
    ),
    timed(
      "Web app",
      () => next.start(),
      () => url,
    ),
  ]);
  await timed(
    "Metering",
    () => warmUp(url, METERING_ROUTES),
    () => "compiled",
  );
  if (stopping) return;
  writeJson(join(dataDir, "dev.json"), {
    url,
    admin: { email: demo.admin.email, password: demo.admin.password },
    staff: demo.staff,
    public_key: demo.publicKey,
    secret_key: demo.secretKey,
    storefront_url: storefrontUrl,
    inbox_url: inboxUrl,
    stripe_url: stripeUrl,
    metrics_token: secrets.metricsToken,
  });
  up = true;
  printTable([
    ["Ready in", inWords(performance.now() - begun)],
    ["Web app", url],
    ["Sign in", `${demo.admin.email} with ${demo.admin.password}`],
    ["Platform", `${url}/admin, as ${demo.staff.email} with ${demo.staff.password}`],
    ["Storefront", storefrontUrl],
    ["Mail inbox", inboxUrl],
    ["Stripe stand-in", stripeUrl],
    ["Postgres", `127.0.0.1:${new URL(services.env.DATABASE_URL ?? "").port}`],
    ["Redis", `${new URL(services.redisUrl).host}, by HTTP at ${services.env.UPSTASH_REDIS_REST_URL}`],
    ["Addresses", `${relative(PROJECT_ROOT, dataDir) || dataDir}/dev.json and env.json`],
    ["Logs", `${relative(PROJECT_ROOT, dataDir) || dataDir}/logs`],
    ["Stop", "Ctrl-C; the data stays. `npm run dev -- --reset` starts afresh"],
  ]);
  await warmUp(url, FIRST_PAGES);
}

/** Stops every part, the last started first, so that nothing writes to what is gone already. */
async function stopAll(): Promise<void> {
  if (!claimed) return;
  forgetAddresses();
  for (const part of parts.toReversed()) await part.stop();
  releaseDataDir(dataDir);
}

let starting: Promise<void> = Promise.resolve();

function onSignal(reason: string, exitCode = 0): void {
  if (stopping) {
    // One Ctrl-C arrives twice: from the terminal, and passed on by npm.
    if (Date.now() - firstSignalAt < 1_000) return;
    console.log("Ending everything by force.");
    for (const part of parts) part.kill("SIGKILL");
    releaseDataDir(dataDir);
    process.exit(130);
  }
  stopping = true;
  firstSignalAt = Date.now();
  console.log(`\n${reason}: stopping everything…`);
  void (async () => {
    await stopAll();
    // A start that was under way may have begun a part meanwhile.
    await Promise.race([starting.catch(() => undefined), sleep(5_000)]);
    await stopAll();
    console.log("Stopped. Nothing is left running.");
    process.exit(exitCode);
  })();
}

function watchForTheEnd(): void {
  // A store that dies may take a connection's error past everyone who waits for it. Once the stack is up, that is no
  // reason to leave the other parts without anyone to look after them: the store is started again.
  process.on("uncaughtException", (error) => {
    if (up) {
      console.error(`A connection of the supervisor broke: ${messageOf(error)}`);
      return;
    }
    console.error(error);
    onSignal("The start failed", 1);
  });
  process.on("SIGINT", () => onSignal("Ctrl-C"));
  process.on("SIGTERM", () => onSignal("Asked to stop"));
  process.on("SIGHUP", () => onSignal("The terminal is gone"));
  // Whoever read our output may go first; that must not end us half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  if (!process.env.npm_lifecycle_event) return;
  // npm that is killed by force takes nobody with it: without this the stack would live on, unseen.
  const starters = startersOf(process.ppid);
  setInterval(() => {
    if (!stopping && !starters.every(isRunning)) onSignal("The npm that started this is gone");
  }, 500).unref();
}

try {
  prepareDataDir(dataDir);
  const endedWell = claimDataDir(dataDir);
  claimed = true;
  watchForTheEnd();
  const unknown = process.argv.slice(2).filter((argument) => argument !== "--reset");
  if (unknown.length > 0) throw new StackError(`Unknown: ${unknown.join(" ")}. There is only \`--reset\`.`);
  if (process.argv.includes("--reset")) await reset();
  if (!endedWell) forgetDevelopmentBuild();
  starting = start();
  await starting;
} catch (error) {
  if (!stopping) {
    stopping = true;
    console.error(error instanceof StackError ? `\n${messageOf(error)}` : error);
    await stopAll();
    process.exit(1);
  }
}
// The parts' pipes do not keep this process when all of them are between two lives.
setInterval(() => {}, 60_000);
