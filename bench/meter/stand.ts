import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { type CreatedBrand, makeBrand } from "@/features/admin/service";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { ALL_PARTITIONS, drainAll } from "@/features/metering/jobs";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { outboxKey } from "@/features/metering/rules";
import { accountOf } from "@/lib/ids";
import { shareRedis } from "@/lib/redis";
import { redisOver, TcpConnection } from "@/lib/redis-tcp";
import { ScriptNames } from "@/lib/script-names";
import { metering } from "@/rest/internal/metering";
import { freePort } from "../../dev/stack/ports";
import { startThrowAway } from "../../dev/stack/throw-away";
import { stencilOf, templateOf } from "../recording";
import type { Stencil } from "../stencil";

/** What every pass of these groups posts. */
export const BODY = '{"app_id":"pdc-001","session_id":"bench"}';
export const ACCOUNTS = 1_000;
const GRANT_TOKENS = 400_000_000;
const AT_ONCE = 6;

export interface Caller {
  readonly brand: CreatedBrand;
  readonly authorization: string;
  readonly stencil: Stencil;
}

export interface Stand {
  readonly redisUrl: string;
  readonly ownerUrl: string;
  readonly connection: TcpConnection;
  readonly callers: readonly Caller[];
  /** The outboxes of all partitions. */
  readonly outboxes: readonly string[];
  /** The consume script as stock Redis takes it. */
  readonly script: string;
  /** Starts one of the servers that are compared, and waits until it answers. */
  readonly serve: (file: string, options: { env?: Record<string, string>; given?: unknown }) => Promise<Served>;
  /** Writes everything that is outstanding into the ledger. @returns entries written */
  readonly drain: () => Promise<number>;
  /** How many breaches of the ledger's invariants there are among one in twenty of the accounts. */
  readonly breaches: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export interface Served {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Real stores, Postgres with its disk as in production, and brands with two grants each, warm in Redis. */
export async function makeStand(accounts = ACCOUNTS): Promise<Stand> {
  const services = await startThrowAway("bench", { durable: true });
  const folder = mkdtempSync(join(tmpdir(), "connected-apps-bench-"));
  const served: Served[] = [];
  Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
  const connection = new TcpConnection({ url: services.redisUrl, replies: "text" });
  const stop = async (): Promise<void> => {
    for (const server of served) await server.stop();
    connection.close();
    await closeDb();
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await connection.connected();
    shareRedis(redisOver(connection));
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    const brands: CreatedBrand[] = [];
    let begun = 0;
    const maker = async (): Promise<void> => {
      while (begun < accounts) brands.push(await brandWithTwoGrants(begun++));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, maker));
    const callers: Caller[] = [];
    for (const brand of brands) {
      const { secret } = brand.secretKey;
      callers.push({
        brand,
        authorization: `Bearer ${secret}`,
        stencil: stencilOf(await templateOf(secret, BODY)),
      });
    }
    const { script } = await templateOf(brands[0]?.secretKey.secret ?? "", BODY);
    return {
      redisUrl: services.redisUrl,
      ownerUrl: services.env.DATABASE_OWNER_URL ?? "",
      connection,
      callers,
      outboxes: ALL_PARTITIONS.map(outboxKey),
      script: new ScriptNames().toStock(script),
      serve: async (file, { env = {}, given }) => {
        const port = await freePort();
        const path = join(folder, `${port}.json`);
        writeFileSync(path, JSON.stringify({ ...(given as object), port, redisUrl: services.redisUrl }), {
          mode: 0o600,
        });
        const child = spawn(process.execPath, ["src/cli/run.mjs", file, path], {
          stdio: ["ignore", "ignore", "inherit"],
          env: { ...process.env, METER_PORT: String(port), NODE_ENV: "production", ...env },
        });
        const server = { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => end(child) };
        served.push(server);
        await answers(child, server.url, file);
        return server;
      },
      drain: async () => {
        let written = 0;
        for (;;) {
          const { drained, errors } = await drainAll(metering());
          if (errors.length > 0) throw errors[0];
          written += drained.written;
          if (drained.written === 0) return written;
        }
      },
      breaches: async () => {
        const some = brands.filter((_, i) => i % 20 === 0).map(({ customerId }) => customerId);
        return (await checkLedger(metering(), some)).flatMap((finding) => finding.breaches).length;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function brandWithTwoGrants(index: number): Promise<CreatedBrand> {
  const brand = await makeBrand(
    metering(),
    { type: "system", id: "bench" },
    {
      name: `Bench ${index}`,
      slug: `bench-${index}`,
      tokens: GRANT_TOKENS,
      plan: null,
      apps: ["pdc-001"],
      origins: [],
      rate: 900_000_000,
      people: [],
    },
  );
  const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "bench" } } as const;
  await owe(ctx, { mode: "live", source: "pack", tokens: GRANT_TOKENS, businessKey: `second:${brand.customerId}` });
  await applyIntents(metering(), accountOf(brand.customerId, "live"));
  return brand;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function answers(child: ChildProcess, url: string, file: string): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    const answer = await fetch(`${url}/api/ready`, { method: "POST", body: "{}" }).catch(() => null);
    await answer?.body?.cancel();
    if (answer && answer.status < 500) return;
    if (waited > 20_000 || child.exitCode !== null) {
      await end(child);
      throw new Error(`${file} did not come up`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
