import { lookup } from "node:dns/promises";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { StackError } from "./errors";
import { PROJECT_ROOT } from "./files";
import { type Log, Part } from "./part";
import { freePort, isPortFree, portHolder } from "./ports";
import { answersHttp, nodeArgs } from "./services";

/** The port the web app is to be served on: PORT, by default 3000. */
export function webPort(): number {
  const port = Number(process.env.PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StackError(`PORT must be a number between 1 and 65535, and it is "${process.env.PORT}".`);
  }
  return port;
}

/** @throws StackError that says who has the port and what to type, where it is taken */
export async function requireFreePort(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  const holder = portHolder(port);
  throw new StackError(
    `Port ${port} is taken${holder ? ` by ${holder}` : ""}. ` +
      `Stop that, or type \`PORT=${await freePort(port + 1)} npm run dev\`.`,
  );
}

/**
 * The host Next listens on: HOST, else this machine only. "localhost" where that means 127.0.0.1, because Next puts the
 * name into the addresses it makes; the bare address where the name means ::1 first, so that both can be typed.
 */
async function webHost(): Promise<string> {
  if (process.env.HOST) return process.env.HOST;
  const first = await lookup("localhost").catch(() => undefined);
  return first?.address === "127.0.0.1" ? "localhost" : "127.0.0.1";
}

export interface WebOptions {
  readonly dataDir: string;
  readonly env: Record<string, string>;
  readonly port: number;
  readonly log: Log;
}

/** `next dev`, ready once it has compiled and answered GET /api/health. */
export async function nextPart({ dataDir, env, port, log }: WebOptions): Promise<Part> {
  const binary = createRequire(import.meta.url).resolve("next/dist/bin/next");
  const health = `http://localhost:${port}/api/health`;
  return new Part(
    dataDir,
    {
      name: "next",
      command: process.execPath,
      args: [binary, "dev", "--port", String(port), "--hostname", await webHost()],
      env: { ...env, NODE_ENV: "development", NEXT_TELEMETRY_DISABLED: "1" },
      cwd: PROJECT_ROOT,
      graceMs: 5_000,
      readyWithinMs: 240_000,
      isReady: async () => (await fetch(health, { signal: AbortSignal.timeout(60_000) })).status === 200,
    },
    log,
    true,
  );
}

/** The worker: the loops that the cloud's schedules stand for. It has nothing to answer, so running is ready. */
export function workerPart({ dataDir, env, log }: Omit<WebOptions, "port">): Part {
  return new Part(
    dataDir,
    {
      name: "worker",
      command: process.execPath,
      args: nodeArgs("src/worker/index.ts"),
      env: { ...env, NODE_ENV: "development" },
      graceMs: 10_000,
      isReady: () => Promise.resolve(true),
    },
    log,
    true,
  );
}

/** The sample storefront, on an origin of its own. */
export function storefrontPart({ dataDir, env, port, log }: WebOptions): Part {
  return new Part(
    dataDir,
    {
      name: "storefront",
      command: process.execPath,
      args: nodeArgs("dev/storefront/main.ts"),
      env: { ...env, STOREFRONT_PORT: String(port), DATA_DIR: dataDir },
      isReady: () => answersHttp(`http://127.0.0.1:${port}/`),
    },
    log,
    true,
  );
}

/** The mail inbox: SMTP on one port, its page on the other. */
export function inboxPart({ dataDir, env, port, smtpPort, log }: WebOptions & { smtpPort: number }): Part {
  return new Part(
    dataDir,
    {
      name: "inbox",
      command: process.execPath,
      args: nodeArgs("dev/mail/main.ts"),
      env: { ...env, SMTP_PORT: String(smtpPort), INBOX_PORT: String(port), DATA_DIR: dataDir },
      isReady: () => answersHttp(`http://127.0.0.1:${port}/`),
    },
    log,
    true,
  );
}

/** What the first consume needs; a compile in the middle of it would use up its time. */
export const METERING_ROUTES = [
  ["/api/v1/customer/tokens/consume", "POST"],
  ["/api/internal/metering/load", "POST"],
  ["/api/internal/metering/drain", "POST"],
  ["/api/v1/widget/settings", "GET"],
  ["/api/v1/widget/sessions", "POST"],
  ["/api/v1/widget/session", "GET"],
  ["/v1/widget/pd-calculator", "GET"],
] as const;
/** What somebody who has just started the stack asks for next. */
export const FIRST_PAGES = [
  ["/sign-in", "GET"],
  ["/api/trpc/metering.balance", "GET"],
  ["/", "GET"],
] as const;

/** What a development server that was killed has left half-written can have pages reload for ever. */
export const forgetDevelopmentBuild = (): void =>
  rmSync(join(PROJECT_ROOT, process.env.NEXT_DIST_DIR || ".next", "dev"), { recursive: true, force: true });

/** Asks for addresses whose first visit in development compiles them. What they answer does not matter. */
export async function warmUp(
  url: string,
  addresses: readonly (readonly [path: string, method: string])[],
): Promise<void> {
  for (const [path, method] of addresses) {
    await fetch(url + path, { method, redirect: "manual", signal: AbortSignal.timeout(60_000) })
      .then((response) => response.body?.cancel())
      .catch(() => undefined);
  }
}
