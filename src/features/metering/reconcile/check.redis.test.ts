import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { entriesOf } from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, holdWith, type TestBrand, testBrand } from "@/test/meter";
import { owe } from "../intents/service";
import { accountKey, accountName, outboxKey } from "../rules";
import { checkLedger } from "./queries";
import { hydrateAccount } from "./service";

/**
 * The check itself, checked: every invariant is broken on purpose in the real stores, and must be reported, alone and
 * with the account's name. What a trigger or a constraint would refuse is written by a superuser past them.
 */

const urlOf = (name: "STACK_POSTGRES_ADMIN_URL" | "DATABASE_OWNER_URL" | "DATABASE_URL"): string => {
  const url = new URL(process.env[name] ?? "");
  url.pathname = "/connected_apps";
  return url.href;
};
let admin: postgres.Sql;
let brand: TestBrand;
/** Which brands are looked at; all where it is absent. */
let scope: string[] | undefined;

beforeAll(() => {
  admin = postgres(urlOf("STACK_POSTGRES_ADMIN_URL"), { max: 2, onnotice: () => {} });
});
afterAll(async () => {
  await admin.end();
  await closeDb();
});
beforeEach(async () => {
  // Three entries: 100 granted, and two uses of 5.
  brand = await testBrand({ tokens: 100 });
  scope = [brand.customerId];
  await use();
  await use();
  await drain(brand);
});
checkedAfterEach();

const use = async () => expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
const name = () => accountName(brand.account);
const breached = async () => (await checkLedger(metering(), scope)).filter((finding) => finding.breaches.length > 0);

/** Changes past triggers and foreign keys, as nothing but a superuser can. */
const past = (...statements: string[]) =>
  admin.begin(async (tx) => {
    await tx.unsafe("set local session_replication_role = replica");
    for (const statement of statements) {
      const { count } = await tx.unsafe(statement);
      // A change that changed nothing would prove nothing.
      expect(count, statement).toBeGreaterThan(0);
    }
  });

/** `where` of this brand's live account. */
const own = () => `customer_id = '${brand.customerId}' and mode = 'live'`;
const entry = (set: string, seq: number, epoch = 1) =>
  `update ledger_entries set ${set} where ${own()} and epoch = ${epoch} and seq = ${seq}`;

/**
 * Shows that a change breaks exactly one invariant, that it is said of this account, and that mending it is seen.
 * @returns the lines of the breach
 */
async function expectBreach(invariant: number, change: () => Promise<unknown>, mend: () => Promise<unknown>) {
  expect(await breached()).toEqual([]);
  await change();
  try {
    const found = await breached();
    expect(found.map((finding) => finding.invariant)).toEqual([invariant]);
    const lines = found.flatMap((finding) => finding.breaches);
    for (const line of lines) expect(line).toContain(name());
    return lines;
  } finally {
    await mend();
    expect(await breached()).toEqual([]);
  }
}

const grantId = async (): Promise<string> => {
  const [row] = await admin`select id from grants where customer_id = ${brand.customerId}`;
  return row?.id;
};

describe("a sound ledger", () => {
  it("is reported so, invariant by invariant, with how much was looked at", async () => {
    expect((await holdWith(brand.secretKey.secret)).status).toBe(201);
    const findings = await checkLedger(metering());
    expect(findings.map((finding) => finding.invariant)).toEqual([1, 2, 3, 4, 7, 8]);
    for (const { title, checked, breaches } of findings) {
      expect(breaches, title).toEqual([]);
      expect(checked, title).toBeGreaterThan(0);
      expect(title).toMatch(/^[A-Z].+[a-z]$/);
    }
    const [counts] = await admin`select (select count(*)::int from ledger_entries) as entries,
      (select count(*)::int from metering_accounts) as accounts`;
    expect(findings[0]?.checked).toBe(counts?.entries);
    expect(findings[1]?.checked).toBe(counts?.accounts);
  });
});

describe("1. a balance below zero", () => {
  it("is found in the middle of a chain that is whole", async () => {
    const id = await grantId();
    const parts = (delta: number) => `grant_parts = '[["${id}", ${delta}]]'`;
    const lines = await expectBreach(
      1,
      async () => {
        await admin.unsafe("alter table ledger_entries drop constraint ledger_entries_balance");
        await past(
          entry(`delta = -105, balance_after = -5, ${parts(-105)}`, 2),
          entry(`delta = 95, balance_after = 90, ${parts(95)}`, 3),
        );
      },
      async () => {
        await past(
          entry(`delta = -5, balance_after = 95, ${parts(-5)}`, 2),
          entry(`delta = -5, balance_after = 90, ${parts(-5)}`, 3),
        );
        await admin.unsafe(
          "alter table ledger_entries add constraint ledger_entries_balance check (balance_after >= 0)",
        );
      },
    );
    expect(lines).toEqual([`${name()} entry 1/2 leaves -5`]);
  });

  it("cannot be written in the first place", async () => {
    await expect(past(entry("balance_after = -1", 3))).rejects.toThrow("ledger_entries_balance");
  });
});

describe("2. a balance that does not add up", () => {
  const setRemaining = (to: number) => () => past(`update grants set remaining = ${to} where ${own()}`);

  it.each([89, 91])("is found where %d are left of a grant of which 90 are", async (wrong) => {
    const lines = await expectBreach(2, setRemaining(wrong), setRemaining(90));
    expect(lines).toEqual([
      `${name()} balance 90, entries 90, grants ${wrong}`,
      `${name()} grant ${await grantId()} has ${wrong}, its entries say 90`,
    ]);
  });

  it("is found where an entry moves another amount than its parts", async () => {
    const id = await grantId();
    const set = (delta: number) => () => past(entry(`grant_parts = '[["${id}", ${delta}]]'`, 3));
    const lines = await expectBreach(2, set(-4), set(-5));
    expect(lines).toEqual([
      `${name()} grant ${id} has 90, its entries say 91`,
      `${name()} entry 1/3 moves -5, its parts say otherwise`,
    ]);
  });

  it("is found where an entry has no parts at all", async () => {
    const id = await grantId();
    const lines = await expectBreach(
      2,
      () => past(entry("grant_parts = '[]'", 2)),
      () => past(entry(`grant_parts = '[["${id}", -5]]'`, 2)),
    );
    expect(lines).toContain(`${name()} entry 1/2 moves -5, its parts say otherwise`);
  });
});

describe("2. an entry of nobody", () => {
  it("is found, though no constraint is asked for each row", async () => {
    const stranger = uuidv7();
    scope = undefined;
    await admin`insert into ledger_entries (customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after,
      grant_parts, occurred_at) values (${stranger}, 'live', 1, 1, 'stray', 'usage', 0, 0, 0, '[]', now())`;
    const found = await breached();
    await past(`delete from ledger_entries where customer_id = '${stranger}'`);
    expect(found.find(({ invariant }) => invariant === 2)?.breaches).toEqual([
      `${stranger}:live entry 1/1 is of no account`,
    ]);
  });
});

describe("3. a Redis that disagrees", () => {
  const set = (fields: Record<string, string>) => () => redis().hset(accountKey(brand.account), fields);

  it("is found where its balance is another, and where its grants are", async () => {
    const { b, g } = await accountState(brand);
    const packed = g ?? "";
    expect([b, packed]).toEqual(["90", expect.stringContaining(",90,")]);
    expect(await expectBreach(3, set({ b: "91" }), set({ b: "90" }))).toEqual([
      `${name()} Redis balance 91, its grants there 90`,
      `${name()} Redis balance 91, the ledger says 90 after 1/3`,
    ]);
    // Both wrong alike: only the ledger can tell.
    const both = set({ b: "95", g: packed.replace(",90,", ",95,") });
    expect(await expectBreach(3, both, set({ b: "90", g: packed }))).toEqual([
      `${name()} Redis balance 95, the ledger says 90 after 1/3`,
    ]);
    expect(await expectBreach(3, set({ g: "" }), set({ g: packed }))).toEqual([
      `${name()} Redis balance 90, its grants there 0`,
    ]);
  });

  it("is found where it is ahead of the ledger, or in an epoch that never was", async () => {
    expect(await expectBreach(3, set({ s: "4" }), set({ s: "3" }))).toEqual([
      `${name()} Redis is at 1/4, which the ledger does not hold`,
    ]);
    expect(await expectBreach(3, set({ e: "2", s: "0" }), set({ e: "1", s: "3" }))).toEqual([
      `${name()} Redis is at 2/0, which the ledger does not hold`,
    ]);
    // Behind it: an older state that came back.
    expect(await expectBreach(3, set({ s: "2" }), set({ s: "3" }))).toEqual([
      `${name()} Redis balance 90, the ledger says 95 after 1/2`,
    ]);
  });

  it("is found where it lives in an epoch that is over", async () => {
    await redis().del(accountKey(brand.account));
    await use();
    await drain(brand);
    expect(await accountState(brand)).toMatchObject({ e: "2", s: "1", b: "85" });
    expect(await expectBreach(3, set({ e: "1", s: "3" }), set({ e: "2", s: "1" }))).toHaveLength(1);
  });

  it("is found where an event was lost between the stores, and not where it is only waiting", async () => {
    await use();
    expect(await redis().xlen(outboxKey(brand.partition))).toBe(1);
    const [[id, flat] = ["", [] as string[]]] = (await redis().xrange(
      outboxKey(brand.partition),
      "-",
      "+",
    )) as unknown as [string, string[]][];
    const event = Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));
    await redis().xdel(outboxKey(brand.partition), id);
    const found = await breached();
    expect(found).toMatchObject([
      { invariant: 3, breaches: [`${name()} Redis is at 1/4, which the ledger does not hold`] },
    ]);
    await redis().xadd(outboxKey(brand.partition), "*", event);
    // It waits in the outbox: the check drains it and finds the account in order.
    expect(await breached()).toEqual([]);
    expect(await redis().xlen(outboxKey(brand.partition))).toBe(0);
  });

  it("is not said of an account that Redis does not hold, or that is closed until it is hydrated", async () => {
    await set({ b: "95", ret: "1" })();
    expect(await breached()).toEqual([]);
    await redis().del(accountKey(brand.account));
    expect(await breached()).toEqual([]);
    await use();
  });
});

describe("4. a chain that is broken", () => {
  it("is found where a balance does not follow from the one before", async () => {
    const set = (balance: number) => () => past(entry(`balance_after = ${balance}`, 2));
    expect(await expectBreach(4, set(96), set(95))).toEqual([
      `${name()} entry 1/2 does not follow the one before it`,
      `${name()} entry 1/3 does not follow the one before it`,
    ]);
  });

  it("is found where a number is missing", async () => {
    const move = (from: number, to: number) => () => past(entry(`seq = ${to}`, from));
    const lines = await expectBreach(4, move(2, 9), move(9, 2));
    expect(lines).toContain(`${name()} entry 1/3 does not follow the one before it`);
    expect(lines).toContain(`${name()} is said to be at 1/3, its entries end at 1/9`);
  });

  it("is found where the head is said to be elsewhere than its last entry", async () => {
    const head = (set: string) => () => past(`update metering_accounts set ${set} where ${own()}`);
    expect(await expectBreach(4, head("seq = 4"), head("seq = 3"))).toEqual([
      `${name()} is said to be at 1/4, its entries end at 1/3`,
    ]);
    // Retired, so that it is not Redis that is said to be behind.
    const lines = await expectBreach(
      4,
      async () => {
        await redis().hset(accountKey(brand.account), { ret: "1" });
        await head("epoch = 2")();
      },
      async () => {
        await head("epoch = 1")();
        await redis().hdel(accountKey(brand.account), "ret");
      },
    );
    expect(lines).toEqual([`${name()} is said to be at 2/3, its entries end at 1/3`]);
  });

  it("is found where one epoch does not join the one before", async () => {
    await redis().del(accountKey(brand.account));
    await use();
    await use();
    await drain(brand);
    expect(await accountState(brand)).toMatchObject({ e: "2", s: "2", b: "80" });
    const shift = (by: number) => () =>
      past(
        entry(
          `balance_after = ${85 + by}, delta = ${-5 + by}, grant_parts = jsonb_set(grant_parts, '{0,1}', '${-5 + by}')`,
          1,
          2,
        ),
        entry(`delta = ${-5 - by}, grant_parts = jsonb_set(grant_parts, '{0,1}', '${-5 - by}')`, 2, 2),
      );
    // Shifted as a whole it still joins: deltas and balances agree, and so nothing is wrong with the chain.
    await shift(1)();
    expect(await breached()).toEqual([]);
    await shift(0)();
    const set = (balance: number) => () => past(entry(`balance_after = ${balance}`, 1, 2));
    expect(await expectBreach(4, set(84), set(85))).toContain(`${name()} entry 2/1 does not follow the one before it`);
    const last = (balance: number) => () => past(entry(`balance_after = ${balance}`, 3, 1));
    expect(await expectBreach(4, last(91), last(90))).toContain(
      `${name()} entry 2/1 does not follow the one before it`,
    );
  });
});

describe("8. sums that differ", () => {
  const rollup = (set: string) => () => past(`update usage_analytics_daily set ${set} where ${own()}`);
  const intent = (set: string) => () => past(`update grant_intents set ${set} where ${own()}`);
  const today = () => new Date().toISOString().slice(0, 10);

  it("are found where the statistics count other tokens, or other uses, than the ledger", async () => {
    expect(await expectBreach(8, rollup("tokens_consumed = 11"), rollup("tokens_consumed = 10"))).toEqual([
      `${name()} vto-001 on ${today()}: ledger 10, statistics 11`,
    ]);
    expect(await expectBreach(8, rollup("sessions_count = 3"), rollup("sessions_count = 2"))).toHaveLength(1);
  });

  it("are found where a day's statistics are missing, or are of a day without use", async () => {
    const lines = await expectBreach(8, rollup("date = date - 1"), rollup("date = date + 1"));
    expect(lines).toHaveLength(2);
    expect(lines).toContain(`${name()} vto-001 on ${today()}: ledger 10, statistics null`);
  });

  it("are found where a day, an hour or a key of the brand's clock counts other than the ledger", async () => {
    const counted = (table: string, by: number) => () =>
      past(`update ${table} set tokens = tokens + ${by} where ${own()}`);
    for (const table of ["usage_days", "usage_hours"]) {
      expect(await expectBreach(8, counted(table, 1), counted(table, -1))).toHaveLength(1);
    }
    // More than the details say is what an erasure leaves; less is not.
    expect(await expectBreach(8, counted("usage_facets", -1), counted("usage_facets", 1))).toHaveLength(1);
    await counted("usage_facets", 1)();
    expect(await breached()).toEqual([]);
    const moved = (by: number) => () => past(`update usage_hours set hour = (hour + ${by}) % 24 where ${own()}`);
    expect(await expectBreach(8, moved(1), moved(23))).toHaveLength(2);
  });

  it("are found where other tokens were granted than owed", async () => {
    const id = await grantId();
    expect(await expectBreach(8, intent("tokens = 99"), intent("tokens = 100"))).toEqual([
      `${name()} grant ${id}: meant 99, done 100`,
    ]);
    expect(await expectBreach(8, intent("applied_at = null"), intent("applied_at = now()"))).toHaveLength(1);
  });

  it("are found where tokens were granted that nobody owed, or owed tokens are said to have come", async () => {
    const id = await grantId();
    const other = crypto.randomUUID();
    const move = (from: string, to: string) => () => past(`update grant_intents set id = '${to}' where id = '${from}'`);
    const lines = await expectBreach(8, move(id, other), move(other, id));
    expect(lines).toContain(`${name()} grant grant:${id} was never meant`);
    expect(lines).toContain(`${name()} grant ${other}: meant 100, done 0`);
  });

  it("are found where an adjustment was booked that nobody meant, and not where an operator gave a letter up for it", async () => {
    const id = await grantId();
    const { operationId } = (await entriesOf(brand)).at(-1) ?? {};
    const use = `${entry("kind = 'adjustment', app_id = null, usage_id = null", 3)}`;
    const back = `${entry(`kind = 'usage', app_id = 'vto-001', usage_id = '${operationId}'`, 3)}`;
    const statistics = (by: string) =>
      `update usage_analytics_daily set tokens_consumed = tokens_consumed ${by} 5, sessions_count = sessions_count ${by} 1 where ${own()}`;
    const byTheClock = `select rebuild_usage('${brand.customerId}')`;
    const details = `delete from token_usage where ${own()} and id = '${operationId}'`;
    const never = `${name()} adjustment ${operationId} was never meant`;
    const letter = (over: Record<string, string> = {}) => {
      const row = {
        ...{
          id: crypto.randomUUID(),
          partition: String(brand.partition),
          stream_id: "1-1",
          reason: "poison",
          error: "x",
        },
        ...{ customer_id: brand.customerId, mode: "live", epoch: "1", seq: "3", delta: "-5", balance_after: "90" },
        ...{
          fields: JSON.stringify({ o: operationId, g: `${id},-5;` }),
          resolved_at: "now",
          resolution: "discarded: x",
        },
        ...over,
      };
      const columns = Object.keys(row);
      return `insert into dead_letters (${columns.join()}) values (${Object.values(row)
        .map((value) => `'${value}'`)
        .join()})`;
    };
    const gone = `delete from dead_letters where ${own()}`;
    await past(details, use, statistics("-"), byTheClock);
    expect((await breached()).flatMap((finding) => finding.breaches)).toEqual([never]);
    const wrongs: Record<string, string>[] = [
      { resolution: "replayed" },
      { resolution: "is discarded: x" },
      { delta: "-4" },
      { balance_after: "91" },
      { seq: "2" },
      { epoch: "2" },
      { mode: "test" },
      { reason: "fork" },
      { fields: JSON.stringify({ o: "another" }) },
      { customer_id: crypto.randomUUID() },
    ];
    for (const wrong of wrongs) {
      const statement = letter(wrong);
      await past(statement);
      expect(
        (await breached()).flatMap((finding) => finding.breaches),
        JSON.stringify(wrong),
      ).toEqual([never]);
      await past(`delete from dead_letters where stream_id = '1-1'`);
    }
    await past(letter());
    expect(await breached()).toEqual([]);
    // Of another kind than an adjustment it is none, whatever the letter says.
    await past(entry("kind = 'grant'", 3));
    expect((await breached()).map((finding) => finding.invariant)).toContain(8);
    await past(back, statistics("+"), byTheClock, gone);
    expect(await breached()).toEqual([]);
  });

  it("are not found where tokens are owed and still on their way", async () => {
    const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
    await owe(ctx, { mode: "live", source: "pack", tokens: 7, businessKey: `waiting:${brand.customerId}` });
    expect(await breached()).toEqual([]);
  });
});

describe("two brands", () => {
  it("are told apart: the one that is wrong is named, the other is not", async () => {
    const sound = await testBrand({ tokens: 50 });
    scope?.push(sound.customerId);
    const lines = await expectBreach(
      3,
      () => redis().hset(accountKey(brand.account), { b: "91" }),
      () => redis().hset(accountKey(brand.account), { b: "90" }),
    );
    expect(lines.join("\n")).not.toContain(sound.customerId);
  });
});

describe("what is written once", () => {
  const TABLES = ["ledger_entries", "audit_log", "loss_reports"] as const;
  const COLUMNS = { ledger_entries: "delta", audit_log: "action", loss_reports: "reason" } as const;

  beforeEach(async () => {
    // An unplanned epoch leaves a report, so that no table is empty: a trigger of each row needs one.
    await redis().del(accountKey(brand.account));
    await hydrateAccount(metering(), brand.account);
  });

  /** What Postgres says to a statement, which is rolled back whatever it says. */
  async function refusal(url: string, statement: string): Promise<string> {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    try {
      return await client.begin(async (tx) => {
        await tx.unsafe(statement);
        throw new Error("it was done");
      });
    } catch (error) {
      return error instanceof postgres.PostgresError ? `${error.code} ${error.message}` : String(error);
    } finally {
      await client.end();
    }
  }
  const statements = (table: (typeof TABLES)[number]) => {
    const where = `where customer_id = '${brand.customerId}'`;
    return {
      UPDATE: `update ${table} set ${COLUMNS[table]} = ${COLUMNS[table]} ${where}`,
      DELETE: `delete from ${table} ${where}`,
      TRUNCATE: `truncate ${table} cascade`,
    };
  };

  it.each(TABLES)(
    "stays: %s is not changed by the application, nor by its owner, nor by a superuser",
    async (table) => {
      const count = async () => (await admin.unsafe(`select count(*)::int as n from ${table}`))[0]?.n;
      const before = await count();
      const [{ n } = { n: 0 }] = await admin.unsafe(
        `select count(*)::int as n from ${table} where customer_id = '${brand.customerId}'`,
      );
      expect(n).toBeGreaterThan(0);
      for (const [verb, statement] of Object.entries(statements(table))) {
        expect(await refusal(urlOf("DATABASE_URL"), statement), verb).toBe(
          `42501 permission denied for table ${table}`,
        );
        for (const url of [urlOf("DATABASE_OWNER_URL"), urlOf("STACK_POSTGRES_ADMIN_URL")]) {
          expect(await refusal(url, statement), verb).toBe(`23001 ${table} is append-only: ${verb} is refused`);
        }
      }
      expect(await count()).toBe(before);
    },
  );

  it("keeps its account, the account its brand, and what was used its app", async () => {
    const ofBrand = `where customer_id = '${brand.customerId}'`;
    for (const [verb, statement] of [
      ["DELETE", `delete from metering_accounts ${ofBrand}`],
      ["TRUNCATE", "truncate metering_accounts"],
    ] as const) {
      expect(await refusal(urlOf("DATABASE_URL"), statement)).toBe(
        "42501 permission denied for table metering_accounts",
      );
      for (const url of [urlOf("DATABASE_OWNER_URL"), urlOf("STACK_POSTGRES_ADMIN_URL")]) {
        expect(await refusal(url, statement)).toBe(`23001 metering_accounts is kept: ${verb} is refused`);
      }
    }
    for (const url of [urlOf("DATABASE_URL"), urlOf("DATABASE_OWNER_URL"), urlOf("STACK_POSTGRES_ADMIN_URL")]) {
      expect(await refusal(url, `delete from customers where id = '${brand.customerId}'`)).toMatch(
        /^23001 .* on table "/,
      );
      expect(await refusal(url, "delete from apps where catalog_id = 'vto-001'")).toMatch(/^23001 .* on table "/);
    }
  });

  it("stays also where the application goes about it another way", async () => {
    const url = urlOf("DATABASE_URL");
    for (const statement of [
      "alter table ledger_entries disable trigger all",
      "drop trigger ledger_entries_append_only on ledger_entries",
      "drop table ledger_entries",
      "create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'",
      "set session_replication_role = replica",
      "set role connected_apps_owner",
      `insert into ledger_entries select * from ledger_entries where ${own()}
        on conflict (customer_id, mode, epoch, seq) do update set delta = 0`,
      `merge into ledger_entries l using (select 1) s on ${own()} when matched then delete`,
      `with gone as (delete from ledger_entries where ${own()} returning 1) select * from gone`,
    ]) {
      expect(await refusal(url, statement), statement).toMatch(/^42501 /);
    }
  });

  it("is all the application may make: it creates no table, schema or function", async () => {
    for (const statement of [
      "create table stray (id int)",
      "create table public.stray as select 1",
      "create schema stray",
      "create view public.stray as select 1",
      "create function public.stray() returns int language sql as 'select 1'",
      "create role stray",
    ]) {
      expect(await refusal(urlOf("DATABASE_URL"), statement), statement).toMatch(/^42501 permission denied/);
    }
    // The same words from the owner are understood: it is the role that is refused.
    expect(await refusal(urlOf("DATABASE_OWNER_URL"), "create table stray (id int)")).toBe("Error: it was done");
  });
});
