import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { apps } from "@/db/schema/catalog";
import { tokenUsage } from "@/db/schema/metering";
import { seedCatalog } from "@/db/seed/catalog";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { dropOldDetails } from "./jobs";

let brand: TestBrand;
beforeAll(async () => {
  await seedCatalog(db());
  brand = await makeBrand(db());
});
afterAll(closeDb);

const monthsAgo = (months: number): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15));
};
const partitionOf = (months: number): string =>
  `token_usage_${monthsAgo(months).toISOString().slice(0, 7).replace("-", "_")}`;
const isThere = async (table: string): Promise<boolean> => {
  const [row] = await db().execute(sql`select to_regclass(${`public.${table}`}) is not null as there`);
  return row?.there === true;
};

/** A use of so many months ago, with its month's partition or, where there is none, without. */
async function useOf(months: number, withPartition: boolean): Promise<string> {
  const at = monthsAgo(months);
  if (withPartition) await db().execute(sql`select ensure_token_usage_partitions(${at.toISOString()}::date, 0, 0)`);
  const [app] = await db().select({ id: apps.id }).from(apps).limit(1);
  const id = uuidv7();
  await db()
    .insert(tokenUsage)
    .values({ id, customerId: brand.customerId, mode: "test", appId: app?.id ?? "", tokensConsumed: 1, createdAt: at });
  return id;
}
const kept = async (): Promise<string[]> => {
  const rows = await db().execute(
    sql`select id from token_usage where customer_id = ${brand.customerId} order by created_at`,
  );
  return rows.map(({ id }) => String(id));
};

it("drops the months that are older than is kept, whole, and leaves the month that it falls into", async () => {
  const stray = await useOf(40, false);
  const old = await useOf(30, true);
  const justOver = await useOf(26, true);
  const lastKept = await useOf(25, true);
  const recent = await useOf(1, true);
  expect(await kept()).toEqual([stray, old, justOver, lastKept, recent]);
  expect(await dropOldDetails({ db: db() }, 25)).toBe(2);
  expect(await kept()).toEqual([lastKept, recent]);
  expect([await isThere(partitionOf(30)), await isThere(partitionOf(26)), await isThere(partitionOf(25))]).toEqual([
    ...[false, false, true],
  ]);
  // Again is no more.
  expect(await dropOldDetails({ db: db() }, 25)).toBe(0);
  await db().execute(sql`delete from token_usage where customer_id = ${brand.customerId}`);
});

it("keeps the last six months, whatever it is told, and the application can drop nothing itself", async () => {
  await useOf(3, true);
  await expect(dropOldDetails({ db: db() }, 2)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("the last six months are kept") },
  });
  await expect(db().execute(sql`drop table ${sql.raw(partitionOf(3))}`)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("must be owner") },
  });
  expect(await kept()).toHaveLength(1);
  await db().execute(sql`delete from token_usage where customer_id = ${brand.customerId}`);
});
