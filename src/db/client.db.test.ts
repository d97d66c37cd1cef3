import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { db, isDatabaseAway, openDatabase } from "./client";

it("a connection that dies within a transaction is an error of that transaction, never the end of the process", async () => {
  const own = openDatabase(process.env.DATABASE_URL ?? "", { max: 1 });
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", note);
  let goingOn: Promise<unknown> = Promise.resolve();
  try {
    const lost = await own
      .transaction(async (tx) => {
        const [row] = await tx.execute(sql`select pg_backend_pid() as pid`);
        await db().execute(sql`select pg_terminate_backend(${row?.pid})`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        // The transaction as a whole has failed by now; what its code still asks must fail too, and only that.
        goingOn = tx.execute(sql`select 1`).then(String, (error: unknown) => error);
      })
      .catch((error: unknown) => error);
    expect(isDatabaseAway(lost), String(lost)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isDatabaseAway(await goingOn), String(await goingOn)).toBe(true);
    expect(await own.execute(sql`select 1 as one`)).toMatchObject([{ one: 1 }]);
    expect(uncaught).toEqual([]);
  } finally {
    process.off("uncaughtException", note);
    await own.$client.end({ timeout: 1 });
  }
});
