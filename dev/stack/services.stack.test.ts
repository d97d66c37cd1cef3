import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "@upstash/redis";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wipeDataDir } from "./files";
import { birthOf } from "./processes";
import { type Services, startServices } from "./services";
import { throwAwayDir } from "./throw-away";

const dataDir = throwAwayDir("services-test");
let services: Services;

beforeAll(async () => {
  services = await startServices({ dataDir, throwAway: true, keepAlive: true });
}, 120_000);
afterAll(async () => {
  await services.stop();
  wipeDataDir(dataDir);
});

const store = (): Redis =>
  new Redis({
    url: services.env.UPSTASH_REDIS_REST_URL ?? "",
    token: services.env.UPSTASH_REDIS_REST_TOKEN ?? "",
    retry: false,
    enableTelemetry: false,
  });

async function query<T>(url: string | undefined, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url ?? "", { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

describe("the local services", () => {
  it("give the product two roles, and only the owner may create", async () => {
    const who = (url: string | undefined) =>
      query(url, async (sql) => (await sql`select current_user as name, current_database() as base`)[0]);
    expect(await who(services.env.DATABASE_OWNER_URL)).toEqual({
      name: "connected_apps_owner",
      base: "connected_apps",
    });
    expect(await who(services.env.DATABASE_URL)).toEqual({ name: "connected_apps_app", base: "connected_apps" });
    await query(services.env.DATABASE_OWNER_URL, (sql) => sql`create table kept (n int)`);
    await expect(query(services.env.DATABASE_URL, (sql) => sql`create table mine (n int)`)).rejects.toThrow(
      /permission/,
    );
  });

  it("listen on this machine only, and want a password", async () => {
    const anonymous = new URL(services.postgresAdminUrl);
    anonymous.password = "wrong";
    await expect(query(anonymous.href, (sql) => sql`select 1`)).rejects.toThrow(/password authentication failed/);
    const [settings] = await query(
      services.postgresAdminUrl,
      (sql) => sql`select current_setting('listen_addresses') as host, current_setting('password_encryption') as kind`,
    );
    expect(settings).toEqual({ host: "127.0.0.1", kind: "scram-sha-256" });
  });

  it("keep what Redis was told when Redis is killed, and bring it back", async () => {
    const redis = store();
    await redis.set("kept", "yes");
    // The append-only file is flushed every second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const before = services.parts.redis?.pid;
    services.parts.redis?.kill("SIGKILL");
    await expect.poll(() => redis.get("kept").catch((error: unknown) => String(error))).toMatch(/nothing was run/);
    await expect.poll(() => redis.get("kept").catch(() => "away"), { timeout: 10_000 }).toBe("yes");
    expect(services.parts.redis?.pid).not.toBe(before);
    expect(await redis.exec(["CONFIG", "GET", "maxmemory-policy"])).toEqual(["maxmemory-policy", "noeviction"]);
  });

  it("bring Postgres back with its data", async () => {
    await query(services.env.DATABASE_OWNER_URL, (sql) => sql`insert into kept values (7)`);
    services.parts.postgres.kill("SIGKILL");
    await expect
      .poll(() => query(services.env.DATABASE_OWNER_URL, (sql) => sql`select n from kept`).catch(() => "away"), {
        timeout: 15_000,
      })
      .toEqual([{ n: 7 }]);
  });
});

describe("a second stack, killed without a word and started again", () => {
  it("finds its Postgres still running, its ports, and its data", async () => {
    const folder = throwAwayDir("orphan-test");
    const first = await startServices({ dataDir: folder, throwAway: true });
    await query(first.env.DATABASE_OWNER_URL, (sql) => sql`create table kept as select 42 as n`);
    const orphan = first.parts.postgres.pid ?? 0;
    // As after a SIGKILL of the parent, with even the pid file gone: only Postgres's own file tells.
    expect(readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split("\n")[0]).toBe(String(orphan));
    await first.parts.bridge.stop();
    await first.parts.redis?.stop();
    const second = await startServices({ dataDir: folder, throwAway: true });
    try {
      expect(birthOf(orphan)).toBeUndefined();
      expect(await query(second.env.DATABASE_OWNER_URL, (sql) => sql`select n from kept`)).toEqual([{ n: 42 }]);
    } finally {
      const pids = Object.values(second.pids());
      await second.stop();
      expect(pids.map(birthOf)).toEqual([undefined, undefined, undefined]);
      wipeDataDir(folder);
    }
    expect(existsSync(folder)).toBe(false);
  }, 120_000);
});
