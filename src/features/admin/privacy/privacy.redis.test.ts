import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { hashPassword } from "@/auth/passwords";
import { db } from "@/db/client";
import { checkout } from "@/features/billing/checkout/service";
import { customersToForget } from "@/features/billing/customers/jobs";
import { stripeIdOf } from "@/features/billing/customers/queries";
import { setDetails } from "@/features/billing/customers/service";
import { BILLING_UPKEEP } from "@/features/billing/jobs";
import { reconcileAll } from "@/features/billing/reconcile/service";
import { stripe } from "@/features/billing/stripe/service";
import { invite, revokeInvitation } from "@/features/team/invitations/service";
import { addPerson } from "@/features/team/service";
import { metering } from "@/rest/internal/metering";
import { ctxOf, use } from "@/test/ledger";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { makeStaff } from "@/test/staff";
import { control, payAt, payerOf, tellAll } from "@/test/stripe";
import { figuresOf } from "../figures/queries";
import { type Exported, exportBrand, exportPerson, personAt } from "./queries";
import { CLASSES, columnsOf, DATA_MAP, dataMapPage, givenOut } from "./rules";
import { eraseBrand, erasePerson } from "./service";

checkedAfterEach();

const OPERATOR = { type: "system", id: "test" } as const;
const columns = (await db().execute<{ table: string; column: string }>(sql`
  select c.relname as "table", a.attname as "column" from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped order by 1, a.attnum`)) as unknown as { table: string; column: string }[];

/** A text that stands nowhere else, so that what is left of somebody can be looked for. */
const unlikely = () => `x${crypto.randomUUID().replaceAll("-", "")}`;

/** In which tables a text stands. */
async function tablesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of new Set(columns.map(({ table }) => table))) {
    const [row] = await db().execute(
      sql`select exists (select from ${sql.identifier(name)} t where t::text ilike ${`%${text}%`}) as there`,
    );
    if (row?.there) found.push(name);
  }
  return found.toSorted();
}

async function collected(run: (take: (one: Exported) => void) => Promise<number>): Promise<Exported[]> {
  const rows: Exported[] = [];
  expect(await run((one) => void rows.push(one))).toBe(rows.length);
  return rows;
}

async function member(brand: TestBrand, role: "admin" | "viewer", name = unlikely()) {
  const email = `${name}@person.example`;
  const invitation = await invite(ctxOf(brand), { email, role });
  const { userId } = await addPerson(ctxOf(brand), {
    email,
    name,
    passwordHash: await hashPassword("a password of theirs"),
    role,
  });
  await db().execute(sql`insert into sessions (id, user_id, customer_id, user_agent, expires_at)
    values (gen_random_uuid(), ${userId}, ${brand.customerId}, ${`Browser of ${name}`}, now() + interval '1 day')`);
  await db().execute(
    sql`update invitations set invited_by = ${userId}, accepted_at = now() where id = ${invitation.id}`,
  );
  return { userId, email, name };
}

describe("the data map", () => {
  it("has every column of every table once, and none that is gone", () => {
    for (const name of new Set([...columns.map(({ table }) => table), ...Object.keys(DATA_MAP)])) {
      const table = DATA_MAP[name] ?? {};
      const mapped = CLASSES.flatMap((kind) => columnsOf(table, kind)).toSorted();
      const there = columns.filter((one) => one.table === name).map(({ column }) => column);
      expect([name, mapped]).toEqual([name, there.toSorted()]);
    }
  });

  it("says what becomes of every row that is a brand's or names a person", async () => {
    const refers = await db().execute<{ table: string; column: string }>(sql`
      select c.relname as "table", a.attname as "column" from pg_constraint k join pg_class c on c.oid = k.conrelid
      join pg_attribute a on a.attrelid = c.oid and a.attnum = any(k.conkey)
      where k.contype = 'f' and k.confrelid = 'users'::regclass and not c.relispartition`);
    expect(refers.length).toBeGreaterThan(5);
    const named = /^(?:user_id|staff_id|actor_id|created_by|invited_by|draft_by|updated_by|email|address)$/;
    const people = [...refers, ...columns.filter(({ column }) => named.test(column))];
    for (const { table, column } of people) {
      const { people = {}, brand, ...rest } = DATA_MAP[table] ?? {};
      const told = column in people || columnsOf(rest, "personal").includes(column);
      expect([table, column, told]).toEqual([table, column, true]);
      expect([table, Object.keys(people).length > 0 || brand !== undefined]).toEqual([table, true]);
    }
    for (const { table, column } of columns) {
      if (column === "customer_id") expect([table, DATA_MAP[table]?.brand]).toEqual([table, expect.any(String)]);
    }
    for (const [name, { brand, people = {}, why }] of Object.entries(DATA_MAP)) {
      const kept = brand === "kept" || brand === "emptied" || Object.values(people).includes("kept");
      expect([name, kept, why !== undefined]).toEqual([name, kept, kept]);
    }
  });

  it("gives out nothing that opens something", () => {
    const opens = /(?:^|_)(?:hash|hmac|secret)$|^encrypted_|^password/;
    for (const [name, table] of Object.entries(DATA_MAP)) {
      // Hashes of the books, of the log's chain and of pictures prove something, and open nothing.
      if (["ledger_entries", "audit_log", "audit_heads", "products", "product_images"].includes(name)) continue;
      expect([name, givenOut(table).filter((column) => opens.test(column))]).toEqual([name, []]);
    }
  });

  it("is the page that people read", () => {
    expect(readFileSync("docs/data-map.md", "utf8")).toBe(dataMapPage());
  });
});

describe("a person", () => {
  it("is given everything that names them, and nothing that opens something", async () => {
    const brand = await testBrand();
    const person = await member(brand, "viewer");
    const other = await member(brand, "admin");
    const rows = await collected((take) => exportPerson(db(), { id: person.userId, email: person.email }, take));
    const tables = [...new Set(rows.map(({ table }) => table))].toSorted();
    expect(tables).toEqual(expect.arrayContaining(["invitations", "memberships", "sessions", "users"]));
    const text = JSON.stringify(rows);
    expect(text).toContain(person.email);
    for (const never of [other.email, other.name, "$argon2", "password_hash"]) expect(text).not.toContain(never);
  });

  it("is gone from every table once erased, in whatever case the address is typed, and the brand goes on", async () => {
    const brand = await testBrand({ tokens: 100 });
    await member(brand, "admin");
    const person = await member(brand, "viewer");
    expect((await tablesWith(person.name)).length).toBeGreaterThan(2);
    await erasePerson(db(), OPERATOR, { email: person.email.toUpperCase() });
    expect(await tablesWith(person.name)).toEqual([]);
    // Their id may stand where the map says that it is kept, and nowhere else.
    const kept = Object.entries(DATA_MAP).filter(([, { people = {} }]) => Object.values(people).includes("kept"));
    for (const name of await tablesWith(person.userId)) expect(kept.map(([each]) => each)).toContain(name);
    expect(await personAt(db(), person.email)).toBeNull();
    expect(await use(brand)).toBe(200);
    await expect(erasePerson(db(), OPERATOR, { email: person.email })).rejects.toThrow(
      "There is nobody with this address",
    );
  });

  it("who was invited and never came is gone once erased, without an account", async () => {
    const [brand, other] = [await testBrand(), await testBrand()];
    const name = unlikely();
    const email = `${name}@person.example`;
    const { id } = await invite(ctxOf(brand), { email, role: "viewer" });
    await revokeInvitation(ctxOf(other), await invite(ctxOf(other), { email, role: "admin" }));
    expect((await tablesWith(name)).length).toBeGreaterThan(1);
    expect(await erasePerson(db(), OPERATOR, { email: email.toUpperCase() })).toEqual({ userId: null });
    expect(await tablesWith(name)).toEqual([]);
    const [line] = await db().execute(sql`select action, subject from audit_log
      where customer_id = ${brand.customerId} order by seq desc limit 1`);
    expect(line).toEqual({ action: "invitation.erased", subject: id });
  });

  it("who is a brand's only admin is not erased, and nothing of them is", async () => {
    const brand = await testBrand();
    const admin = await member(brand, "admin");
    await member(brand, "viewer");
    const before = await tablesWith(admin.name);
    await expect(erasePerson(db(), OPERATOR, { email: admin.email })).rejects.toThrow("only admin of Brand");
    expect(await tablesWith(admin.name)).toEqual(before);
  });
});

describe("a brand", () => {
  it("is given all of its rows and nobody else's", async () => {
    const [brand, other] = [await testBrand({ tokens: 100 }), await testBrand({ tokens: 100 })];
    for (const one of [brand, other]) {
      expect(await use(one)).toBe(200);
      await drain(one);
    }
    const rows = await collected((take) => exportBrand(db(), brand.customerId, take));
    const tables = new Set(rows.map(({ table }) => table));
    for (const name of ["customers", "ledger_entries", "token_usage", "api_keys", "customer_apps", "audit_log"]) {
      expect([name, tables.has(name)]).toEqual([name, true]);
    }
    const text = JSON.stringify(rows);
    expect(text).not.toContain(other.customerId);
    expect(text).not.toContain("hmac");
  });

  it("is erased but for its books, which are right; its keys open nothing, and its people are gone", async () => {
    const brand = await testBrand({ tokens: 100 });
    const [admin, elsewhere] = [await member(brand, "admin"), await member(brand, "viewer")];
    const second = await testBrand();
    await addPerson(ctxOf(second), { email: elsewhere.email, name: "x", passwordHash: null, role: "admin" });
    const shopper = unlikely();
    const told = { app_id: "vto-001", session_id: shopper, metadata: { user_agent: shopper } };
    expect((await consumeWith(brand.secretKey.secret, { body: told })).status).toBe(200);
    await drain(brand);
    expect(await tablesWith(shopper)).toContain("token_usage");
    const [books] = await db().execute(
      sql`select count(*)::int as n from ledger_entries where customer_id = ${brand.customerId}`,
    );

    // Used a moment before, and not written yet.
    expect((await consumeWith(brand.secretKey.secret, { body: told })).status).toBe(200);
    expect(await eraseBrand(metering(), OPERATOR, { customerId: brand.customerId })).toEqual({ people: 1 });
    await drain(brand);
    expect(await tablesWith(shopper)).toEqual([]);
    expect(await tablesWith(admin.name)).toEqual([]);
    expect(await personAt(db(), elsewhere.email)).toMatchObject({ id: elsewhere.userId });
    for (const { secret } of [brand.secretKey, brand.publicKey]) expect((await consumeWith(secret)).status).toBe(401);
    const rows = await collected((take) => exportBrand(db(), brand.customerId, take));
    const left = new Set(rows.map(({ table }) => table));
    for (const name of left) expect([name, DATA_MAP[name]?.brand]).not.toEqual([name, "deleted"]);
    expect(rows.find(({ table }) => table === "customers")?.row).toMatchObject({ name: "Erased brand" });
    expect(rows.filter(({ table }) => table === "ledger_entries")).toHaveLength(Number(books?.n) + 1);
    expect(await use(second)).toBe(200);
  });

  it("is no brand of the business's any more once it is erased: it counts in no figure, and nobody is owed its tokens", async () => {
    const staff = await makeStaff(db());
    await testBrand();
    const before = await figuresOf(staff);
    // On a plan that nobody pays for, and with tokens that nobody can spend.
    const brand = await testBrand({ tokens: 100, plan: "starter" });
    expect((await figuresOf(staff)).customers).toBe(before.customers + 1);
    await eraseBrand(metering(), OPERATOR, { customerId: brand.customerId });
    const { asOf: _then, timeToFirstToken: _first, ...was } = before;
    const { asOf: _now, timeToFirstToken: _second, ...is } = await figuresOf(staff);
    expect(is).toEqual(was);
  });

  it("is forgotten by Stripe too, however often Stripe is away meanwhile, and its sales stay in the books", async () => {
    const brand = await testBrand({ tokens: 0, apps: [] });
    const ctx = payerOf(brand.customerId);
    await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
    const address = { line1: "Weg 1", line2: "", city: "Kiel", state: "", postalCode: "24103", country: "DE" };
    await setDetails(ctx, { name: "Brille", email: "geld@brille.example", address, vatId: "DE123456789" });
    await tellAll();
    await drain(brand);
    const id = (await stripeIdOf(ctx)) ?? "";
    await eraseBrand(metering(), OPERATOR, { customerId: brand.customerId });
    // Nothing outside is waited for, and nothing is lost where it cannot be reached.
    expect(await stripe().customers.retrieve(id)).toMatchObject({ email: "geld@brille.example" });
    const upkeep = () => BILLING_UPKEEP.find(({ name }) => name === "erased brands")?.run(metering());
    await control("faults", { fault: "server_error", times: 3, only: "^DELETE /v1/customers/" });
    await expect(upkeep()).rejects.toThrow();
    expect(await stripe().customers.retrieve(id)).toMatchObject({ name: "Erased brand", email: null, address: null });
    await upkeep();
    expect(await stripe().customers.retrieve(id)).toMatchObject({ id, deleted: true });
    expect(await customersToForget(db())).toEqual([]);
    await upkeep();
    const rows = await collected((take) => exportBrand(db(), brand.customerId, take));
    expect(rows.filter(({ table }) => table === "token_purchases")).toHaveLength(1);
    // Refunding what it paid still finds it.
    const sale = rows.find(({ table }) => table === "token_purchases")?.row;
    await stripe().refunds.create({ payment_intent: String(sale?.stripe_payment_intent_id) });
    expect(await tellAll()).not.toContain("failed");
    expect(await reconcileAll(metering(), stripe())).not.toContainEqual(
      expect.objectContaining({ customerId: brand.customerId }),
    );
  });

  it("that still pays is not erased, and goes on", async () => {
    const brand = await testBrand({ tokens: 100, plan: "starter" });
    await db().execute(
      sql`update customer_billing set stripe_subscription_id = 'sub_x' where customer_id = ${brand.customerId}`,
    );
    await expect(eraseBrand(metering(), OPERATOR, { customerId: brand.customerId })).rejects.toThrow("cancel it");
    expect(await use(brand)).toBe(200);
  });
});
