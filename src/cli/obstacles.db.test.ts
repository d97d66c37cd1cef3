import { existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { sql } from "drizzle-orm";
import { afterAll, describe, expect, it, vi } from "vitest";
import { closeDb, openDatabase } from "@/db/client";
import { migrateDatabase, requireMigrated } from "@/db/migrate";
import { run } from "@/test/command";
import { requirePort, sentenceFor } from "./obstacles";

/** Each thing that stops a start, and the sentence that says so: no stack, no statement, and what to do. */

afterAll(closeDb);

const RAW = /^\s+at |node:internal|node_modules|Failed query|params:|postgres(?:ql)?:\/\/|hunter2/m;
async function stopped(command: string, env: Record<string, string | undefined>): Promise<string> {
  const { code, stderr } = await run([`src/cli/${command}.ts`], { LOG_LEVEL: "silent", ...env });
  expect(code, stderr).toBe(1);
  expect(stderr).not.toMatch(RAW);
  expect(stderr.trim()).not.toBe("");
  return stderr;
}
const owner = (change: Partial<Pick<URL, "username" | "password" | "pathname">>) =>
  Object.assign(new URL(process.env.DATABASE_OWNER_URL ?? ""), change).href;
const url = process.env.DATABASE_OWNER_URL ?? "";
/** The sentence for migrating there, without a process of its own. */
async function told(address: string): Promise<string | undefined> {
  vi.stubEnv("DATABASE_OWNER_URL", address);
  try {
    await migrateDatabase(address);
    return undefined;
  } catch (error) {
    return sentenceFor(error, "DATABASE_OWNER_URL");
  } finally {
    vi.unstubAllEnvs();
  }
}

describe("a start is stopped, with a sentence, by", () => {
  it("a bad variable, a missing one, and two at once", async () => {
    const said = await stopped("start", { AUTH_SECRET: "hunter2", AUTH_URL: undefined });
    expect(said).toContain("AUTH_SECRET must be at least 32 characters");
    expect(said).toContain("AUTH_URL is missing");
  });

  it("a port that is taken, before anything is built or migrated", async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, listening));
    const { port } = holder.address() as AddressInfo;
    expect(await stopped("start", { PORT: String(port) })).toBe(
      `Port ${port} is taken: stop who has it, or set PORT to another.\n`,
    );
    await new Promise((closed) => holder.close(closed));
    await expect(requirePort(String(port), undefined)).resolves.toBeUndefined();
  });

  it("a port that is none, and an address that is not this machine's", async () => {
    for (const port of ["0", "70000", "http", "-1", "3000.5"]) {
      await expect(requirePort(port, undefined)).rejects.toThrow(
        `PORT must be a number between 1 and 65535, and it is "${port}"`,
      );
    }
    await expect(requirePort("28999", "203.0.113.7")).rejects.toThrow("no address of this machine");
    expect(await stopped("start", { PORT: "http" })).toContain("PORT must be a number");
  });

  it("a folder that cannot be written", async () => {
    // Below a file, because to root every folder can be written.
    const said = await stopped("start", { PORT: "28998", NEXT_DIST_DIR: "package.json/build" });
    expect(said).toMatch(/^The folder \S+package\.json\/build cannot be written by this user/);
  });

  it.runIf(existsSync("/dev/full"))("a full disk, ours or that of Postgres", async () => {
    let error: unknown;
    try {
      writeFileSync("/dev/full", "x");
    } catch (caught) {
      error = caught;
    }
    expect(sentenceFor(error)).toMatch(/^The disk is full: .* could not be written\. Make room, then start again\.$/);
    const own = openDatabase(url, { max: 1 });
    const full = sql.raw("do $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$");
    const refused = await own.execute(full).catch((caught: unknown) => caught);
    await own.$client.end();
    expect(sentenceFor(refused)).toBe("Postgres's disk is full: make room there, then start again.");
  });

  it("an owner role that is missing, has another password, or does not own", async () => {
    const refused =
      /^Postgres does not let the role \S+ in: it does not exist, may not log in, or has another password than DATABASE_OWNER_URL says/;
    expect(await stopped("deploy", { DATABASE_OWNER_URL: owner({ username: "nobody_of_that_name" }) })).toMatch(
      refused,
    );
    expect(await told(owner({ password: "hunter2" }))).toMatch(refused);
    expect(await stopped("migrate", { DATABASE_OWNER_URL: process.env.DATABASE_URL })).toMatch(
      /^The role connected_apps_app of DATABASE_OWNER_URL lacks a right: it must own the database/,
    );
  });

  it("a database that is not there, and one that does not answer", async () => {
    expect(await told(owner({ pathname: "/no_such_database" }))).toContain(
      "There is no database no_such_database: as a superuser type CREATE DATABASE no_such_database OWNER",
    );
    expect(await told(Object.assign(new URL(url), { port: "9" }).href)).toContain(
      "Postgres does not answer at DATABASE_OWNER_URL",
    );
    const here = Object.assign(new URL(process.env.DATABASE_URL ?? ""), { port: "9" }).href;
    expect(await stopped("deploy", { DATABASE_OWNER_URL: undefined, DATABASE_URL: here })).toContain(
      "Postgres does not answer at DATABASE_URL",
    );
  });

  it("a database of a newer version, and one that this start may not migrate", async () => {
    const own = openDatabase(url, { max: 1 });
    const journal = sql.raw("drizzle.__drizzle_migrations");
    const [last] = await own.execute(sql`select id, hash, created_at from ${journal} order by id desc limit 1`);
    try {
      await own.execute(sql`insert into ${journal} (hash, created_at) values ('of tomorrow', 99999999999999)`);
      expect(await stopped("deploy", {})).toMatch(
        /^The database was migrated by another version: 1 of its \d+ migrations/,
      );
      await expect(requireMigrated(process.env.DATABASE_URL ?? "")).rejects.toThrow(/migrated by another version/);
      await own.execute(sql`delete from ${journal} where hash = 'of tomorrow' or id = ${last?.id}`);
      expect(await stopped("deploy", { DATABASE_OWNER_URL: undefined })).toMatch(
        /^1 migration has not been applied to the database, and there is no DATABASE_OWNER_URL/,
      );
    } finally {
      await own.execute(sql`delete from ${journal} where hash = 'of tomorrow' or id = ${last?.id}`);
      await own.execute(
        sql`insert into ${journal} (id, hash, created_at) values (${last?.id}, ${last?.hash}, ${last?.created_at})`,
      );
      await own.$client.end();
    }
    await expect(requireMigrated(process.env.DATABASE_URL ?? "")).resolves.toBeUndefined();
  });
});
