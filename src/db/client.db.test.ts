import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
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

it("a connection that dies as soon as it is there is an error of who waits for it, never the end of the process", async () => {
  const real = new URL(process.env.DATABASE_URL ?? "");
  // The driver's own question after each connect, which nobody waits for, would be cut off in its midst.
  const cutting = createServer((client) => {
    const server = connect(Number(real.port), real.hostname);
    client.on("data", (bytes) => {
      if (bytes.includes("typarray")) client.destroy();
      else server.write(bytes);
    });
    server.pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on("error", () => {}).on("close", () => other.destroy());
  }).listen(0, "127.0.0.1");
  await once(cutting, "listening");
  const url = new URL(real);
  url.port = String((cutting.address() as AddressInfo).port);
  url.hostname = "127.0.0.1";
  const own = openDatabase(url.href, { max: 1 });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  try {
    const answer = await Promise.race([
      own.execute(sql`select '{a,b}'::text[] as list`).then(
        (rows) => rows[0],
        (error: unknown) => error,
      ),
      new Promise((resolve) => setTimeout(resolve, 3_000, "nothing")),
    ]);
    expect(unhandled).toEqual([]);
    expect(answer).toEqual({ list: "{a,b}" });
  } finally {
    process.off("unhandledRejection", note);
    await own.$client.end({ timeout: 1 });
    cutting.close();
  }
});
