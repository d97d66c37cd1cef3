import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { uuidv7 } from "@/lib/ids";
import { closeDb, db } from "./client";
import { deadJobs, enqueue, failJob, finishJob, reviveJob, superviseJobs, takeJobs } from "./jobs";

/** Jobs as the application's own role has them: pg-boss on our pool, in a schema that belongs to the owner. */

beforeEach(() => db().execute(sql`delete from pgboss.job`));
afterAll(closeDb);

const brand = () => ({ customerId: uuidv7() });
const put = (data: { customerId: string }, key?: string) =>
  db().transaction((tx) => enqueue(db(), tx, "alerts.evaluate", data, key === undefined ? {} : { key }));
const take = () => takeJobs(db(), "alerts.evaluate", 10);
/** What time does: whoever took a job has been silent for longer than anybody may. */
const workersDied = async () => {
  await db().execute(sql`update pgboss.job set started_on = now() - interval '1 hour' where state = 'active'`);
  await db().execute(sql`update pgboss.queue set maintain_on = null, monitor_on = null, monitor_claim_on = null`);
  await superviseJobs(db());
  await db().execute(sql`update pgboss.job set start_after = now() where state = 'retry'`);
};

describe("a job", () => {
  it("comes with the transaction it follows from, and not without it", async () => {
    const data = brand();
    await expect(
      db().transaction(async (tx) => {
        await enqueue(db(), tx, "alerts.evaluate", data);
        throw new Error("the work failed");
      }),
    ).rejects.toThrow("the work failed");
    expect(await take()).toEqual([]);
    await put(data);
    expect((await take()).map((job) => job.data)).toEqual([data]);
  });

  it("of one key is there once, waiting or under way", async () => {
    const data = brand();
    await put(data, "a");
    await put(data, "a");
    const [job, ...more] = await take();
    expect(more).toEqual([]);
    await put(data, "a");
    expect(await take()).toEqual([]);
    await finishJob(db(), "alerts.evaluate", job?.id ?? "");
    await put(data, "a");
    expect(await take()).toHaveLength(1);
  });

  it("whose worker was killed half way is given to the next, once", async () => {
    await put(brand());
    const [first] = await take();
    expect(await take()).toEqual([]);
    await workersDied();
    const again = await take();
    expect(again.map((job) => job.id)).toEqual([first?.id]);
    expect(await take()).toEqual([]);
    await finishJob(db(), "alerts.evaluate", first?.id ?? "");
    await workersDied();
    expect(await take()).toEqual([]);
  });

  it("that is done in the transaction of its work is not taken for undone", async () => {
    await put(brand());
    const [job] = await take();
    await db().transaction((tx) => finishJob(db(), "alerts.evaluate", job?.id ?? "", tx));
    await workersDied();
    expect(await take()).toEqual([]);
  });

  it("that fails every time becomes a dead letter of its brand, which can be tried again", async () => {
    const data = brand();
    await put(data);
    for (let attempt = 0; attempt < 10; attempt++) {
      await db().execute(sql`update pgboss.job set start_after = now() where state = 'retry'`);
      for (const job of await take()) await failJob(db(), "alerts.evaluate", job.id, `attempt ${attempt}`);
    }
    const [letter, ...more] = await deadJobs(db(), data.customerId);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ queue: "alerts.evaluate", data, error: "attempt 4" });
    expect(await deadJobs(db(), uuidv7())).toEqual([]);
    expect(await reviveJob(db(), uuidv7(), letter?.id ?? "")).toBe(false);
    expect(await reviveJob(db(), data.customerId, letter?.id ?? "")).toBe(true);
    expect((await take()).map((job) => job.data)).toEqual([data]);
    expect(await deadJobs(db(), data.customerId)).toEqual([]);
  });
});

describe("the application's role", () => {
  it.each([
    ["makes no queue", sql`select pgboss.create_queue('mine', '{}'::jsonb)`],
    ["drops no queue", sql`select pgboss.delete_queue('notify.chat')`],
    ["makes no table there", sql`create table pgboss.mine (id int)`],
    ["drops no table there", sql`drop table pgboss.job`],
    ["changes no schema version", sql`update pgboss.version set version = 1`],
  ])("%s", async (_, statement) => {
    await expect(db().execute(statement)).rejects.toMatchObject({ cause: { code: "42501" } });
  });
});
