import { eq, sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db, type Tx } from "@/db/client";
import { auditHeads, auditLog } from "@/db/schema/audit";
import type { CustomerId } from "@/lib/ids";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { recordAudit } from "../service";
import { chainHeads, checkChains } from "./queries";

// What somebody can do who owns the database and takes its guards off: each is found, though they cannot be stopped.

let owner: postgres.Sql;
let brand: CustomerId;

beforeAll(() => {
  owner = postgres(process.env.DATABASE_OWNER_URL ?? "", { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await owner.end();
  await closeDb();
});

const write = (n: number, customerId = brand) =>
  db().transaction((tx) =>
    recordAudit(
      tx,
      { customerId, actor: { type: "user", id: "u-1" } },
      {
        action: "key.created",
        subject: `key-${n}`,
        details: { n, b: { z: 1, a: [1, "é"] }, none: undefined, at: null },
      },
    ),
  );
const linesOf = () => db().select().from(auditLog).where(eq(auditLog.customerId, brand)).orderBy(auditLog.seq);
const check = async (kept?: Awaited<ReturnType<typeof chainHeads>>) =>
  (await checkChains(db(), { customerId: brand, ...(kept && { kept }) })).flatMap(({ faults }) => faults);

/** As the owner, with the triggers off. */
async function tamper(work: (tx: postgres.TransactionSql) => Promise<unknown>): Promise<void> {
  await owner.begin(async (tx) => {
    await tx`alter table audit_log disable trigger user`;
    await tx`alter table audit_heads disable trigger user`;
    await work(tx);
    await tx`alter table audit_log enable trigger user`;
    await tx`alter table audit_heads enable trigger user`;
  });
}

beforeEach(async () => {
  brand = mintCustomerId(uuidv7());
  for (let n = 1; n <= 6; n++) await write(n);
});

describe("a chain", () => {
  it("is sound as it was written, number by number", async () => {
    expect((await linesOf()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await check()).toEqual([]);
  });

  it("does not fork, and loses nobody, however many write at once", async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => write(n + 100)));
    const lines = await linesOf();
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 66 }, (_, n) => n + 1));
    expect(await check()).toEqual([]);
  });

  it("begins once where the first lines of a brand are written at once", async () => {
    for (let round = 0; round < 5; round++) {
      brand = mintCustomerId(uuidv7());
      await Promise.all([1, 2, 3, 4].map((n) => write(n)));
      expect((await linesOf()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(await check()).toEqual([]);
    }
  });

  it("has no gap where a change was rolled back", async () => {
    const scope = { customerId: brand, actor: { type: "system", id: "test" } } as const;
    const undone = db().transaction(async (tx) => {
      await recordAudit(tx, scope, { action: "key.created", subject: "x" });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await write(7);
    expect((await linesOf()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await check()).toEqual([]);
  });
});

describe("a transaction", () => {
  const scope = (customerId: CustomerId) => ({ customerId, actor: { type: "system", id: "test" } }) as const;
  const note = (tx: Tx, customerId: CustomerId, subject: string) =>
    recordAudit(tx, scope(customerId), { action: "key.created", subject });

  it("keeps nobody waiting for the chain before it commits, whatever the order it works in", async () => {
    // Each notes first and then wants what the other holds. With the end of the chain locked at once, they would wait for
    // each other for ever.
    const other = mintCustomerId(uuidv7());
    let holding = 0;
    const work = (first: CustomerId, second: CustomerId, lock: number) =>
      db().transaction(async (tx) => {
        await note(tx, first, "a");
        await note(tx, second, "b");
        await tx.execute(sql`select pg_advisory_xact_lock(7281, ${lock})`);
        holding += 1;
        while (holding < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      });
    await Promise.all([work(brand, other, 1), work(other, brand, 2)]);
    expect((await linesOf()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await check()).toEqual([]);
  });

  it("writes the lines of a savepoint only where that is kept", async () => {
    await db().transaction(async (tx) => {
      await note(tx, brand, "kept before");
      await tx.transaction((inner) => note(inner, brand, "kept inside"));
      const undone = tx.transaction(async (inner) => {
        await note(inner, brand, "undone");
        throw new Error("undone");
      });
      await undone.catch(() => undefined);
      await note(tx, brand, "kept after");
    });
    expect((await linesOf()).slice(6).map(({ subject }) => subject)).toEqual([
      "kept before",
      "kept inside",
      "kept after",
    ]);
    expect(await check()).toEqual([]);
  });
});

describe("whoever owns the database is found out after", () => {
  it.each([
    ["an action", "action = 'key.revoked'"],
    ["a subject", "subject = 'key-9'"],
    ["who did it", "actor_id = 'u-2'"],
    ["what kind of actor", "actor_type = 'system'"],
    ["a detail", `details = '{"n": 99}'`],
    ["when", "created_at = created_at - interval '1 hour'"],
    ["a hash", "hash = repeat('A', 43)"],
  ])("changing %s", async (_, set) => {
    await tamper((tx) => tx.unsafe(`update audit_log set ${set} where customer_id = '${brand}' and seq = 3`));
    expect((await check())[0]).toContain("entry 3");
  });

  it("exchanging two lines", async () => {
    await tamper(async (tx) => {
      await tx`update audit_log set seq = -1 where customer_id = ${brand} and seq = 2`;
      await tx`update audit_log set seq = 2 where customer_id = ${brand} and seq = 3`;
      await tx`update audit_log set seq = 3 where customer_id = ${brand} and seq = -1`;
    });
    expect(await check()).toContain("entry 2 was changed, or what it follows was");
  });

  it("having lines shown in another order", async () => {
    const [, second, third] = await linesOf();
    await tamper(async (tx) => {
      await tx.unsafe("alter table audit_log alter column id set generated by default");
      await tx.unsafe(`update audit_log set id = -1 where id = ${second?.id}`);
      await tx.unsafe(`update audit_log set id = ${second?.id} where id = ${third?.id}`);
      await tx.unsafe(`update audit_log set id = ${third?.id} where id = -1`);
      await tx.unsafe("alter table audit_log alter column id set generated always");
    });
    expect(await check()).toEqual(["entry 3 stands in another place than it was written in"]);
  });

  it("taking a line out, and closing the gap", async () => {
    await tamper((tx) => tx`delete from audit_log where customer_id = ${brand} and seq = 4`);
    expect(await check()).toContain("entry 4 is missing");
    await tamper(async (tx) => {
      await tx`update audit_log set seq = 4 where customer_id = ${brand} and seq = 5`;
      await tx`update audit_log set seq = 5 where customer_id = ${brand} and seq = 6`;
    });
    expect(await check()).not.toEqual([]);
  });

  it("cutting off the end", async () => {
    await tamper((tx) => tx`delete from audit_log where customer_id = ${brand} and seq > 4`);
    expect(await check()).toEqual(["the log ends at entry 4, and 6 were written"]);
  });

  it("cutting off the end and moving the head back to where it would fit", async () => {
    const [, , , fourth] = await linesOf();
    await tamper(async (tx) => {
      await tx`delete from audit_log where customer_id = ${brand} and seq > 4`;
      await tx`update audit_heads set seq = 4, hash = ${fourth?.hash ?? ""} where customer_id = ${brand}`;
    });
    expect(await check()).toEqual(["the end of the log was tampered with"]);
    // And what is written after does not make it good.
    await write(8);
    expect(await check()).not.toEqual([]);
  });

  it("cutting off the end and bringing back the head of an earlier day, where that day's end was kept elsewhere", async () => {
    const [early] = await db().select().from(auditHeads).where(eq(auditHeads.customerId, brand));
    await write(7);
    const kept = (await chainHeads(db())).filter(({ customerId }) => customerId === brand);
    await tamper(async (tx) => {
      await tx`delete from audit_log where customer_id = ${brand} and seq > 6`;
      await tx`update audit_heads set seq = 6, hash = ${early?.hash ?? ""}, seal = ${early?.seal ?? ""}
        where customer_id = ${brand}`;
    });
    expect(await check()).toEqual([]);
    expect(await check(kept)).toEqual(["the log ends at entry 6, and 7 were written"]);
    await write(8);
    expect(await check(kept)).toEqual(["entry 7 is another one than was kept elsewhere"]);
  });

  it("taking the head away, or all of it", async () => {
    await tamper((tx) => tx`delete from audit_heads where customer_id = ${brand}`);
    expect(await check()).toEqual(["the end of the log was tampered with"]);
    brand = mintCustomerId(uuidv7());
    await write(1);
    const kept = (await chainHeads(db())).filter(({ customerId }) => customerId === brand);
    await tamper(async (tx) => {
      await tx`delete from audit_log where customer_id = ${brand}`;
      await tx`delete from audit_heads where customer_id = ${brand}`;
    });
    expect(await check(kept)).toEqual(["the log ends at entry 0, and 1 were written"]);
  });

  it("adding a line of their own", async () => {
    const last = (await linesOf()).at(-1);
    await tamper(async (tx) => {
      await tx`insert into audit_log (customer_id, actor_type, actor_id, action, subject, seq, hash)
        values (${brand}, 'user', 'u-9', 'key.created', 'x', 7, ${last?.hash ?? ""})`;
      await tx`update audit_heads set seq = 7 where customer_id = ${brand}`;
    });
    expect(await check()).toContain("entry 7 was changed, or what it follows was");
  });
});

it("the application cannot do any of it, nor the owner while the guards are on", async () => {
  const app = postgres(process.env.DATABASE_URL ?? "", { max: 1 });
  const statements = [
    `update audit_heads set seq = seq - 1 where customer_id = '${brand}'`,
    `delete from audit_heads where customer_id = '${brand}'`,
    "truncate audit_heads",
    `update audit_log set action = 'x' where customer_id = '${brand}'`,
    `delete from audit_log where customer_id = '${brand}'`,
    `insert into audit_log (customer_id, actor_type, actor_id, action, subject) values ('${brand}', 'user', 'u', 'a.b', 's')`,
  ];
  for (const sql of [app, owner]) {
    for (const statement of statements) {
      await expect(sql.unsafe(statement), statement).rejects.toThrow(/permission|refused|violates check/);
    }
  }
  await app.end();
  expect(await check()).toEqual([]);
});
