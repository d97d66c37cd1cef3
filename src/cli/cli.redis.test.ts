import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyPassword } from "@/auth/passwords";
import { closeDb, db } from "@/db/client";
import { meteringAccounts } from "@/db/schema/metering";
import { customers, memberships, users } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { seedCatalog } from "@/db/seed/catalog";
import { activeApps } from "@/features/activations/queries";
import { listKeys } from "@/features/keys/queries";
import { SCOPES } from "@/features/keys/rules";
import { accountKey } from "@/features/metering/rules";
import { parseApiKey } from "@/lib/api-key";
import { accountOf, isUuid, mintCustomerId } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { type Ended, run, runHere } from "@/test/command";
import { type ConsumeOptions, consumeWith, expectAllSound } from "@/test/meter";

/**
 * The commands on the stack that the tests run on: as people type them, in processes of their own, where a test says so or
 * changes their environment; else within this one.
 */
type Environment = Record<string, string | undefined>;
const typed: Environment = {};
const command = (args: string[], env?: Environment): Promise<Ended> => (env ? run(args, env) : runHere(args));
const brandCreate = (args: string[], env?: Environment) => command(["src/cli/brand-create.ts", ...args], env);
const ledgerCheck = (env?: Environment) => command(["src/cli/ledger-check.ts"], env);

interface Made {
  readonly customer_id: string;
  readonly public_key: string;
  readonly secret_key: string;
  readonly admin: { readonly email: string; readonly password: string };
}

/** Makes a brand, and holds what the command prints to the contract. */
const made = async (...args: string[]): Promise<Made> => held(await brandCreate(args));

function held({ code, stdout, stderr }: Ended): Made {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\{.*\}\n$/);
  const brand = JSON.parse(stdout);
  expect(Object.keys(brand).toSorted()).toEqual(["admin", "customer_id", "public_key", "secret_key"]);
  expect(Object.keys(brand.admin).toSorted()).toEqual(["email", "password"]);
  expect(isUuid(brand.customer_id)).toBe(true);
  expect(parseApiKey(brand.public_key)).toMatchObject({ kind: "pk", mode: "live", customerId: brand.customer_id });
  expect(parseApiKey(brand.secret_key)).toMatchObject({ kind: "sk", mode: "live", customerId: brand.customer_id });
  return brand;
}

/** A consume on which the Node side may not be asked: what it needs must be in Redis already. */
async function consume(key: string, appId: string, options: ConsumeOptions = {}) {
  const loads: string[] = [];
  const load = async ({ what }: { what: string }) => {
    loads.push(what);
    return "failed" as const;
  };
  const response = await consumeWith(key, { body: { app_id: appId }, deps: { load }, ...options });
  expect(loads).toEqual([]);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
};
/** Text of a stack, of SQL or of the driver, which no one at a terminal can use. */
const RAW = /^\s+at |node:internal|node_modules|Failed query|\bselect\b.*\bfrom\b|params:|postgres(?:ql)?:\/\//im;

const ctxOf = (brand: Made) =>
  ({ db: db(), customerId: mintCustomerId(brand.customer_id), actor: { type: "system", id: "test" } }) as const;
const accountsOf = (brand: Made) =>
  db().select().from(meteringAccounts).where(eq(meteringAccounts.customerId, brand.customer_id));
const counts = async () => {
  const [row] = await db().execute(sql`select (select count(*)::int from customers) as customers,
    (select count(*)::int from users) as users, (select count(*)::int from api_keys) as keys,
    (select count(*)::int from metering_accounts) as accounts, (select count(*)::int from grant_intents) as intents,
    (select count(*)::int from customer_apps) as apps, (select count(*)::int from audit_log) as audit`);
  return row;
};

beforeAll(() => seedCatalog(db()));
afterAll(async () => {
  await expectAllSound();
  await closeDb();
});

describe("brand:create", () => {
  const ORIGIN = "http://localhost:4000";
  let brand: Made;
  beforeAll(async () => {
    const words = ["--tokens", "500", "--origin", ORIGIN, "--apps", "vto-001,pdc-001"];
    brand = held(await brandCreate([...words, "--rate-limit", "100000", "--plan", "starter"], typed));
  });

  it("leaves exactly the balance asked for, warm, with nothing on its way", async () => {
    const [live] = (await accountsOf(brand)).filter((account) => account.mode === "live");
    expect(live).toMatchObject({ balance: 500, unlimited: false });
    const first = await consume(brand.secret_key, "pdc-001");
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      app_id: "pdc-001",
      tokens_consumed: 1,
      tokens_remaining: 499,
      unlimited: false,
    });
    const second = await consume(brand.secret_key, "virtual-try-on");
    expect(second.body).toMatchObject({ app_id: "vto-001", tokens_consumed: 5, tokens_remaining: 494 });
    const grants = await db().execute(
      sql`select tokens::int, expires_at from grants where customer_id = ${brand.customer_id}`,
    );
    expect([...grants]).toEqual([{ tokens: 500, expires_at: null }]);
  });

  it("lets the public key in from the origin, and from no other", async () => {
    const welcome = await consume(brand.public_key, "pdc-001", { origin: ORIGIN });
    expect(welcome.status).toBe(200);
    expect(welcome.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(Object.keys(welcome.body)).not.toContain("tokens_remaining");
    const other = await consume(brand.public_key, "pdc-001", { origin: "http://localhost:4001" });
    expect([other.status, other.body.code]).toEqual([403, "origin_not_allowed"]);
  });

  it("limits key and customer to as many an hour, with a burst as large", async () => {
    const { headers } = await consume(brand.secret_key, "pdc-001");
    expect(headers.get("ratelimit-policy")).toBe('"key";q=100000;w=3600, "customer";q=100000;w=3600');
    const left = Number(/"key";r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]);
    expect(left).toBeGreaterThan(99_900);
    expect(left).toBeLessThan(100_000);
    const [customer] = await db().select().from(customers).where(eq(customers.id, brand.customer_id));
    expect(customer).toMatchObject({ rateLimit: 100_000, rateBurst: 100_000 });
  });

  it("makes one key of each kind: the public one for the origin, the secret one with every scope", async () => {
    const keys = await listKeys(ctxOf(brand));
    expect(keys).toHaveLength(2);
    const common = { mode: "live", rateLimit: 100_000, rateBurst: 100_000, expiresAt: null, revokedAt: null };
    expect(keys.find((key) => key.kind === "pk")).toMatchObject({
      ...common,
      publicKey: brand.public_key,
      origins: [ORIGIN],
      scopes: [],
      appPermissions: null,
    });
    const secret = keys.find((key) => key.kind === "sk");
    expect(secret).toMatchObject({ ...common, publicKey: null, origins: [], appPermissions: null });
    expect(secret?.scopes.toSorted()).toEqual([...SCOPES].toSorted());
    expect(brand.secret_key.endsWith(secret?.lastFour ?? "nothing")).toBe(true);
  });

  it("turns on those apps and no other, on that plan", async () => {
    expect(await activeApps(db(), brand.customer_id)).toEqual(["pdc-001", "vto-001"]);
    const other = await consume(brand.secret_key, "rec-001");
    expect([other.status, other.body.code]).toEqual([403, "app_not_active"]);
    const [billing] = await db()
      .select()
      .from(customerBilling)
      .where(eq(customerBilling.customerId, brand.customer_id));
    expect(billing).toMatchObject({ planId: "starter", status: "active" });
  });

  it("makes an admin whose password is the one printed, and kept only as a hash", async () => {
    const people = await db()
      .select({ email: users.email, hash: users.passwordHash, role: memberships.role })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(eq(memberships.customerId, brand.customer_id));
    expect(people).toMatchObject([{ email: brand.admin.email, role: "admin" }]);
    const hash = people[0]?.hash ?? "";
    expect(await verifyPassword(hash, brand.admin.password)).toBe(true);
    expect(await verifyPassword(hash, `${brand.admin.password}x`)).toBe(false);
    expect(hash).not.toContain(brand.admin.password);
    expect(brand.admin.password.length).toBeGreaterThanOrEqual(16);
  });

  it("takes --tokens 0 and several origins: nothing to spend, from every one of them", async () => {
    const origins = ["https://a.example", "https://b.example:8443", "http://127.0.0.1:5000"];
    const [a = "", b = "", c = ""] = origins;
    const poor = await made("--tokens", "0", "--origin", a, "--origin", `${b},${c}`, "--apps", "pdc-001");
    for (const origin of origins) {
      const { status, body } = await consume(poor.public_key, "pdc-001", { origin });
      expect([status, body.code, body.tokens_required], origin).toEqual([402, "insufficient_tokens", 1]);
    }
    const { body, headers } = await consume(poor.secret_key, "pdc-001");
    expect(body).toMatchObject({ code: "insufficient_tokens", tokens_required: 1, tokens_remaining: 0 });
    expect(headers.get("ratelimit-policy")).toBe('"key";q=1000;w=3600, "customer";q=10000;w=3600');
    expect((await accountsOf(poor)).map((account) => account.balance)).toEqual([0, 0]);
  });

  it("takes --apps all: every app there is, each at its price, and no plan unless asked", async () => {
    const all = await made("--tokens", "1000", "--apps", "all", "--name", "Ærø & Søn <b>");
    const apps = await activeApps(db(), all.customer_id);
    expect(apps).toHaveLength(10);
    let left = 1000;
    for (const app of apps) {
      const { status, body } = await consume(all.secret_key, app);
      expect(status, app).toBe(200);
      left -= body.tokens_consumed;
      expect(body.tokens_remaining).toBe(left);
    }
    expect(left).toBe(1000 - 37);
    const plans = await db().select().from(customerBilling).where(eq(customerBilling.customerId, all.customer_id));
    expect(plans).toEqual([]);
    const [customer] = await db().select().from(customers).where(eq(customers.id, all.customer_id));
    expect(customer?.name).toBe("Ærø & Søn <b>");
  });

  it("takes --plan enterprise: unlimited, with no balance to run out", async () => {
    const big = await made("--plan", "enterprise", "--apps", "pdc-001");
    for (let i = 0; i < 2; i++) {
      const { status, body } = await consume(big.secret_key, "pdc-001");
      expect(status).toBe(200);
      expect(body).toMatchObject({ tokens_consumed: 1, tokens_remaining: null, unlimited: true });
    }
    expect(await accountsOf(big)).toMatchObject([{ unlimited: true }, { unlimited: true }]);
  });

  it("without any option makes a brand that can do nothing yet", async () => {
    const bare = await made();
    const { status, body } = await consume(bare.secret_key, "pdc-001");
    expect([status, body.code]).toEqual([403, "app_not_active"]);
    expect((await consume(bare.public_key, "pdc-001")).body.code).toBe("origin_not_allowed");
  });

  /** How each option is read is tested beside it; these are one of each way to be wrong. */
  const mistakes: [about: string, args: string[], said: RegExp][] = [
    ["an app by its slug", ["--apps", "virtual-try-on"], /virtual-try-on/],
    ["an app there is not", ["--apps", "vto-001,nope-001"], /nope-001/],
    ["a plan there is not", ["--tokens", "5", "--plan", "gold"], /gold/],
    ["tokens as a float", ["--tokens", "1.5"], /--tokens takes a whole number/],
    ["an option there is not", ["--colour", "red"], /--colour/],
  ];
  it("refuses a mistake with a sentence, and makes nothing", { timeout: 60_000 }, async () => {
    const before = await counts();
    for (const [index, [about, args, said]] of mistakes.entries()) {
      const { code, stdout, stderr } = await brandCreate(args, index === 0 ? typed : undefined);
      expect([1, 2], about).toContain(code);
      expect(stdout, about).toBe("");
      expect(stderr.split("\n")[0], about).toMatch(said);
      expect(stderr, about).not.toMatch(RAW);
    }
    expect(await counts()).toEqual(before);
  });

  it("says so where Postgres is away, without a word of SQL", async () => {
    const { code, stdout, stderr } = await brandCreate(["--tokens", "5"], {
      DATABASE_URL: `postgresql://nobody:hunter2@127.0.0.1:${await closedPort()}/connected_apps`,
    });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("Is the stack running?");
    expect(stderr).not.toMatch(/hunter2/);
    expect(stderr).not.toMatch(RAW);
  });
});

describe("ledger:check", () => {
  it("prints a line for each invariant that state can show, and exits 0 where they hold", async () => {
    const { code, stdout, stderr } = await ledgerCheck(typed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    for (const invariant of [1, 2, 3, 4, 8]) {
      const own = lines.filter((line) => line.match(/^\w+ +(\d)/)?.[1] === String(invariant));
      expect(own).toHaveLength(1);
      expect(own[0]).toMatch(/^ok {5}\d {2}[A-Z].+ \(\d+ checked\)$/);
    }
  });

  it("prints a line for the other invariants too, with the test that proves it", async () => {
    const { stdout } = await ledgerCheck();
    const invariants = Array.from(stdout.matchAll(/^\w[^\d]*(\d)\b/gm), ([, number]) => Number(number));
    expect(invariants).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("exits 1 on a breach, with what is wrong and with whom, and 0 when it is mended", async () => {
    const brand = await made("--tokens", "50");
    const key = accountKey(accountOf(mintCustomerId(brand.customer_id), "live"));
    await redis().hset(key, { b: "49" });
    const broken = await ledgerCheck(typed);
    await redis().hset(key, { b: "50" });
    expect({ code: broken.code, stderr: broken.stderr }).toEqual({ code: 1, stderr: "" });
    const lines = broken.stdout.trimEnd().split("\n");
    const at = lines.findIndex((line) => line.startsWith("breach"));
    expect(lines[at]).toMatch(/^breach 3 {2}/);
    expect(lines[at + 1]).toContain(`${brand.customer_id}:live Redis balance 49`);
    expect(lines.filter((line) => line.startsWith("breach"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("ok")).length).toBeGreaterThanOrEqual(4);
    expect((await ledgerCheck()).code).toBe(0);
  });

  it.each(["Postgres", "Redis"])("exits 2 with a sentence where %s is away", async (away) => {
    const at = `127.0.0.1:${await closedPort()}`;
    const { code, stdout, stderr } = await ledgerCheck(
      away === "Postgres"
        ? { DATABASE_URL: `postgresql://nobody:hunter2@${at}/connected_apps` }
        : { UPSTASH_REDIS_REST_URL: `http://${at}` },
    );
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^The ledger could not be checked: \S/);
    expect(stderr).toContain("Is the stack running?");
    expect(stderr).not.toMatch(/hunter2/);
    expect(stderr).not.toMatch(RAW);
  });

  it("exits 2 and names what is missing where nothing says which stores", async () => {
    const { code, stdout, stderr } = await ledgerCheck({
      DATABASE_URL: undefined,
      UPSTASH_REDIS_REST_URL: undefined,
      DATA_DIR: join(tmpdir(), `nothing-${process.pid}`),
    });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("DATABASE_URL is missing");
    expect(stderr).toContain("UPSTASH_REDIS_REST_URL is missing");
    expect(stderr).not.toMatch(RAW);
  });
});

describe("run.mjs", () => {
  it("without a command says how it is used", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^usage: /);
  });
});
