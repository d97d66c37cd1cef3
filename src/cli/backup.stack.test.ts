import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db, openDatabase } from "@/db/client";
import type { Ctx } from "@/db/context";
import { takeJobs } from "@/db/jobs";
import { migrateDatabase } from "@/db/migrate";
import type { ChatJob } from "@/features/notifications/chat/jobs";
import { ring } from "@/features/notifications/chat/queries";
import { addChatHook, queuePosts } from "@/features/notifications/chat/service";
import { sendMails } from "@/features/notifications/jobs";
import { queueMailTo } from "@/features/notifications/service";
import { claimNext } from "@/features/notifications/webhook-delivery/service";
import { createEndpointInput } from "@/features/notifications/webhooks/contract";
import { createEndpoint, emit } from "@/features/notifications/webhooks/service";
import { askForLooks } from "@/features/usage/alerts/jobs";
import type { CustomerId } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { run } from "@/test/command";
import { entriesOf, use } from "@/test/ledger";
import { accountState, drain, holdWith, settleWith, testBrand } from "@/test/meter";
import type { Services } from "../../dev/stack/services";
import { startThrowAway, throwAwayDir } from "../../dev/stack/throw-away";

/** A backup, and everything gone, and back: on a stack of its own, whose stores it empties. */

let services: Services;
let folder: string;
const before = { ...process.env };

beforeAll(async () => {
  await closeDb();
  services = await startThrowAway("backup");
  Object.assign(process.env, services.env);
  await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
  folder = join(throwAwayDir("backup-files"), "backup");
});
afterAll(async () => {
  await closeDb();
  await services.stop();
  rmSync(join(folder, ".."), { recursive: true, force: true });
  Object.assign(process.env, before);
});

const backup = (to = folder) => run(["src/cli/backup.ts", "--to", to]);
const restore = (...args: string[]) => run(["src/cli/restore.ts", "--from", folder, ...args]);

/** The database as it is on a new machine: there, and empty. */
async function emptyDatabase(): Promise<void> {
  await closeDb();
  const admin = openDatabase(services.postgresAdminUrl, { max: 1 });
  await admin.execute(sql`drop database connected_apps with (force)`);
  await admin.execute(sql`create database connected_apps owner connected_apps_owner`);
  await admin.$client.end();
}
const everything = async () => {
  const names = (await db().execute(
    sql`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`,
  )) as unknown as { name: string }[];
  const found: Record<string, unknown> = {};
  for (const { name } of names) {
    found[name] = (
      await db().execute(
        sql.raw(`select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from "${name}" t`),
      )
    )[0]?.md5;
  }
  return found;
};

const MAIL = { kind: "team.account_exists", facts: {}, userId: null, address: "kit@pending.example" };
let endpointId = "";

/** A mail, an event for the brand's server and a post for its room that are on their way, and nobody has taken yet. */
async function leavePending(customerId: CustomerId): Promise<void> {
  const ctx: Ctx = { db: db(), customerId, actor: { type: "system", id: "test" } };
  await addChatHook(ctx, ring(), { name: "Room", url: "https://hooks.example.com/services/T0/B0/x" });
  const input = createEndpointInput.parse({ url: "https://hooks.example.com/", events: ["tokens.low"] });
  endpointId = (await createEndpoint(ctx, input)).endpoint.id;
  await db().transaction(async (tx) => {
    await queueMailTo(tx, { ...MAIL, key: "pending", customerId });
    const post = { key: "pending", kind: "low_balance", title: "100 tokens left", body: "Soon.", href: "/billing" };
    expect(await queuePosts(db(), tx, customerId, post)).toBe(1);
    await emit(tx, customerId, "tokens.low", { balance: 10, threshold: 20 });
  });
}

/** What waited is taken by the system that came back, once each; and the brand's alerts are looked at. */
async function expectPendingTaken(customerId: CustomerId): Promise<void> {
  const sent: string[] = [];
  const mailer = { send: async ({ to }: { to: { address: string } }) => void sent.push(to.address), close: () => {} };
  const render = async () => ({ subject: "x", html: "x", text: "x" });
  for (let i = 0; i < 2; i++) await sendMails({ db: db(), mailer, render });
  expect(sent).toEqual([MAIL.address]);
  const claims = [await claimNext(db(), endpointId), await claimNext(db(), endpointId)];
  expect(claims).toMatchObject([{ customerId, attempts: 1 }, null]);
  const posts = await takeJobs<ChatJob>(db(), "notify.chat", 10);
  expect(posts.map(({ data }) => data.customerId)).toEqual([customerId]);
  await db().execute(sql`update alert_settings set asked_at = now() - interval '1 hour'`);
  await askForLooks({ db: db() });
  expect((await takeJobs(db(), "alerts.evaluate", 10)).map(({ data }) => data.customerId)).toContain(customerId);
}

it("a backup taken under use comes back whole into empty stores, and the books are right", async () => {
  const brand = await testBrand({ tokens: 100 });
  for (let i = 0; i < 3; i++) expect(await use(brand)).toBe(200);
  const held = (await (await holdWith(brand.secretKey.secret)).json()) as { reservation_id: string };
  await drain(brand);
  await leavePending(brand.customerId);
  // What is in Redis alone at this moment is not in the backup; the account is computed without it.
  expect(await use(brand)).toBe(200);
  const { code, stdout, stderr } = await backup();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\d+ tables with \d+ rows as of \S+ are in /);
  expect(statSync(folder).mode & 0o077).toBe(0);
  const kept = await everything();
  const entries = await entriesOf(brand);
  expect(entries.length).toBeGreaterThan(4);

  // Over what is there, nothing is restored, and nothing changes: nor is anything lost that only Redis knows yet.
  const live = await accountState(brand);
  const over = await restore("--flush-redis");
  expect(over.code).toBe(1);
  expect(over.stderr).toContain("The database is in use already");
  expect(await everything()).toEqual(kept);
  expect(await accountState(brand)).toEqual(live);

  await emptyDatabase();
  // Another life of Redis has begun meanwhile.
  await redis().set("{p00}:mark", "of another time");
  const wary = await restore();
  expect(wary).toMatchObject({ code: 2, stderr: expect.stringContaining("--flush-redis") });
  const back = await restore("--flush-redis");
  expect({ code: back.code, stderr: back.stderr }).toEqual({ code: 0, stderr: "" });
  expect(await everything()).toEqual(kept);
  expect(await entriesOf(brand)).toEqual(entries);
  expect(back.stdout).toContain("1 posts to chat rooms wait to be written.");
  await expectPendingTaken(brand.customerId);

  // The next use has Redis computed from the ledger: 3 uses of 5 and a hold of 10 are gone from 100, and the lost one is not.
  const price = entries.find(({ kind }) => kind === "usage")?.tokens ?? 0;
  expect(await use(brand)).toBe(200);
  expect((await accountState(brand)).b).toBe(String(100 - 4 * price - 10));
  expect((await settleWith(brand.secretKey.secret, held.reservation_id, 4)).status).toBe(200);
  await drain(brand);
  const check = await run(["src/cli/ledger-check.ts"]);
  expect({ code: check.code, breaches: /breach/.exec(check.stdout) }).toEqual({ code: 0, breaches: null });
  // Counters go on where they were.
  const highest = (await db().execute(sql`select max(id)::int as id from audit_log`))[0]?.id;
  await testBrand();
  expect((await db().execute(sql`select max(id)::int as id from audit_log`))[0]?.id).toBeGreaterThan(Number(highest));
}, 60_000);

it("a backup that was changed, cut short, or written by another version is refused before anything is written", async () => {
  await emptyDatabase();
  const file = join(folder, "ledger_entries.copy.gz");
  const manifest = join(folder, "manifest.json");
  const [bytes, words] = [readFileSync(file), readFileSync(manifest, "utf8")];
  writeFileSync(file, readFileSync(join(folder, "customers.copy.gz")));
  expect((await restore("--flush-redis")).stderr).toContain("The file of ledger_entries was changed");
  writeFileSync(file, bytes.subarray(0, bytes.length - 20));
  expect((await restore("--flush-redis")).stderr).toContain("The file of ledger_entries cannot be read");
  writeFileSync(file, bytes);
  const { migrations, ...rest } = JSON.parse(words) as { migrations: number[] };
  writeFileSync(manifest, JSON.stringify({ ...rest, migrations: migrations.slice(0, -1) }));
  expect((await restore("--flush-redis")).stderr).toContain("The backup is of another version");
  rmSync(manifest);
  expect((await restore("--flush-redis")).stderr).toContain("holds no backup");
  expect((await db().execute(sql`select count(*)::int as n from customers`))[0]?.n).toBe(0);
}, 60_000);

it("a backup that fails leaves nothing that looks like one", async () => {
  const url = process.env.DATABASE_OWNER_URL;
  process.env.DATABASE_OWNER_URL = "postgres://nobody:x@127.0.0.1:9/none";
  const failed = await backup(`${folder}-2`);
  process.env.DATABASE_OWNER_URL = url;
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("Postgres does not answer");
  expect(existsSync(`${folder}-2`) || existsSync(`${folder}-2.unfinished`)).toBe(false);
});
