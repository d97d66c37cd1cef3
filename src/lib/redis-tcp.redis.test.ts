import { createHash, randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runScript } from "@/features/metering/edge/service";
import { type Crossing, crossing } from "@/test/crossing";
import type { Redis } from "./redis";
import { ReplyLost, redisOver, STORE_UNAVAILABLE, TcpConnection } from "./redis-tcp";

const url = process.env.STACK_REDIS_URL ?? "";
const key = (): string => `tcp-test:${randomUUID()}`;
const open: TcpConnection[] = [];
async function connect(to: string, budgetMs?: number): Promise<{ connection: TcpConnection; redis: Redis }> {
  const connection = new TcpConnection({ url: to, replies: "text", ...(budgetMs === undefined ? {} : { budgetMs }) });
  open.push(connection);
  await connection.connected();
  return { connection, redis: redisOver(connection) };
}

let direct: Redis;
beforeAll(async () => {
  direct = (await connect(url)).redis;
});
afterAll(() => {
  for (const connection of open) connection.close();
});

describe("the Upstash client over TCP", () => {
  it("gives text as it is, however much it looks like a number or JSON", async () => {
    const name = key();
    for (const text of [
      "007",
      "1e3",
      "9007199254740993",
      "true",
      "null",
      '{"a":[1]}',
      "grüße 👓 \u0000 end",
      "OK",
      "",
    ]) {
      await direct.set(name, text);
      expect(await direct.get(name)).toBe(text);
    }
    expect(await direct.get(key())).toBeNull();
    expect(await direct.incrby(key(), 41)).toBe(41);
    await direct.hset(name + 1, { balance: "900", epoch: "1" });
    expect(await direct.hmget(name + 1, "balance", "none")).toEqual(["900", null]);
    const stream = key();
    const id = await direct.xadd(stream, "*", { d: '{"s":"x"}' });
    expect(await direct.eval("return {1, redis.call('XRANGE', KEYS[1], '-', '+')}", [stream], [])).toEqual([
      1,
      [[id, ["d", '{"s":"x"}']]],
    ]);
  });

  it("runs flagged scripts by text and by hash, and says NOSCRIPT before the first", async () => {
    const text = `#!lua flags=allow-key-locking\nreturn {ARGV[1], redis.call('INCR', KEYS[1]), false}\n-- ${randomUUID()}`;
    const hash = createHash("sha1").update(text).digest("hex");
    const name = key();
    await expect(direct.evalsha(hash, [name], ["a"])).rejects.toThrow(/^NOSCRIPT/);
    expect(await direct.eval(text, [name], ["a"])).toEqual(["a", 1, null]);
    expect(await direct.evalsha(hash, [name], ["b"])).toEqual(["b", 2, null]);
    expect(await direct.scriptLoad(text)).toBe(hash);
    expect(await direct.scriptExists(hash)).toEqual([1]);
  });

  it("runs a pipeline in order and keeps one command's error to that command", async () => {
    const name = key();
    const results = await direct.pipeline().set(name, "text").incr(name).get(name).exec({ keepErrors: true });
    expect(results[0]?.result).toBe("OK");
    expect(results[1]?.error).toMatch(/^ERR value is not an integer/);
    expect(results[2]?.result).toBe("text");
  });

  it("runs a transaction as one", async () => {
    const name = key();
    expect(await direct.multi().set(name, 1).incr(name).get(key()).exec()).toEqual(["OK", 2, null]);
    await expect(direct.multi().set(name, "x").incr(name).exec()).rejects.toThrow(/not an integer/);
  });

  it("carries many commands at once by auto-pipelining, each answer to its own caller", async () => {
    // The client keeps this to itself where it is given a requester; the path has to hold all the same.
    const auto = (direct as unknown as { autoPipeline(): Redis }).autoPipeline();
    const name = key();
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => auto.hset(name, { [`f${i}`]: i })));
    expect(answers.every((n) => n === 1)).toBe(true);
    expect(await Promise.all(Array.from({ length: 300 }, (_, i) => auto.hget(name, `f${i}`)))).toEqual(
      Array.from({ length: 300 }, (_, i) => String(i)),
    );
  });

  it("offers no more commands at once than it can hold, and says that the others did not run", async () => {
    const { connection } = await connect(url);
    const name = key();
    const outcomes = await connection.sendAll(Array.from({ length: 10_050 }, () => ["INCR", name]));
    expect(outcomes.filter((outcome) => outcome.kind === "notRun")).toHaveLength(50);
    expect(await direct.get(name)).toBe("10000");
    expect((await connection.send(["PING"])).kind).toBe("reply");
  });
});

/** A debit in small: what it has done can be counted. */
const DEBIT = "return {'ok', redis.call('INCR', KEYS[1])}";

describe("what became of a script", () => {
  let way: Crossing;
  const begin = async (budgetMs = 300) => {
    way = await crossing(url);
    return connect(way.url, budgetMs);
  };
  afterEach(() => way.close());

  it("is lost where the reply never comes, and it is not sent again", async () => {
    const { redis, connection } = await begin();
    const name = key();
    await runScript(redis, DEBIT, [key()], []);
    way.mute();
    const pending = runScript(redis, DEBIT, [name], []);
    await expect.poll(() => direct.get(name)).toBe("1");
    expect(await pending).toEqual({ kind: "lost" });
    const sent = way.sent();
    await expect.poll(() => connection.ready).toBe(false);
    way.mend();
    await connection.connected();
    expect(await runScript(redis, DEBIT, [key()], [])).toMatchObject({ kind: "reply" });
    expect(await direct.get(name)).toBe("1");
    // The next script and the greeting of a connection, and nothing of the one that was given up.
    expect(way.sent() - sent).toBeLessThan(600);
  });

  it("is lost where the connection breaks under it, and it is not sent again", async () => {
    const { redis, connection } = await begin(5_000);
    const names = Array.from({ length: 50 }, key);
    await runScript(redis, DEBIT, [key()], []);
    way.mute();
    const pending = names.map((name) => runScript(redis, DEBIT, [name], []));
    await expect.poll(() => direct.exists(...names)).toBe(50);
    way.mend();
    way.cut();
    expect(await Promise.all(pending)).toEqual(names.map(() => ({ kind: "lost" })));
    await connection.connected();
    expect(await runScript(redis, DEBIT, [key()], [])).toMatchObject({ kind: "reply" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const name of names) expect(await direct.get(name)).toBe("1");
  });

  it("is lost where the connection breaks in the middle of a pipeline or a transaction", async () => {
    for (const kind of ["pipeline", "multi"] as const) {
      const { redis } = await begin(5_000);
      const name = key();
      way.mute();
      const pending = redis[kind]().incr(name).incr(name).exec();
      const settled = expect(pending).rejects.toBeInstanceOf(ReplyLost);
      await expect.poll(() => direct.get(name)).toBe("2");
      way.cut();
      await settled;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await direct.get(name)).toBe("2");
      way.close();
    }
  });

  it("is that it did not run where the connection is away, and it is not kept for later", async () => {
    const { redis, connection } = await begin();
    const name = key();
    way.block();
    way.cut();
    await expect.poll(() => connection.ready).toBe(false);
    for (let i = 0; i < 20; i++) expect(await runScript(redis, DEBIT, [name], [])).toEqual({ kind: "refused" });
    await expect(redis.pipeline().incr(name).exec()).rejects.toThrow(STORE_UNAVAILABLE);
    await expect(redis.multi().incr(name).exec()).rejects.toThrow(STORE_UNAVAILABLE);
    way.mend();
    await connection.connected();
    expect(await runScript(redis, DEBIT, [key()], [])).toMatchObject({ kind: "reply" });
    expect(await direct.exists(name)).toBe(0);
  });

  it("is that it did not run where nobody listens", async () => {
    way = await crossing(url);
    way.close();
    const connection = new TcpConnection({ url: way.url, replies: "text", budgetMs: 300 });
    open.push(connection);
    for (let i = 0; i < 3; i++) {
      expect(await runScript(redisOver(connection), DEBIT, [key()], [])).toEqual({ kind: "refused" });
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  });

  it("is known at once while a store stands still: the first wait for it, the rest are refused", async () => {
    const { redis, connection } = await begin(200);
    await runScript(redis, DEBIT, [key()], []);
    way.mute();
    expect(await runScript(redis, DEBIT, [key()], [])).toEqual({ kind: "lost" });
    await expect.poll(() => connection.ready).toBe(false);
    const name = key();
    const begun = performance.now();
    for (let i = 0; i < 20; i++) expect(await runScript(redis, DEBIT, [name], [])).toEqual({ kind: "refused" });
    expect(performance.now() - begun).toBeLessThan(150);
    way.mend();
    way.cut();
    await connection.connected();
    expect(await direct.exists(name)).toBe(0);
    expect(await runScript(redis, DEBIT, [key()], [])).toMatchObject({ kind: "reply" });
  });

  it.each([
    "LOADING Redis is loading the dataset in memory",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "MISCONF Redis is configured to save RDB snapshots",
    "NOAUTH Authentication required.",
    "BUSY Redis is busy running a script.",
  ])("is that it did not run where Redis answers %s", async (message) => {
    const { redis } = await begin();
    await runScript(redis, DEBIT, [key()], []);
    way.answerWith(() => `-${message}\r\n`);
    expect(await runScript(redis, DEBIT, [key()], [])).toEqual({ kind: "refused" });
  });

  it("is that it did not run where a full store refuses it", async () => {
    const { redis } = await begin();
    const name = key();
    await runScript(redis, DEBIT, [key()], []);
    const { connection } = await connect(url);
    await connection.send(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      expect(await runScript(redis, DEBIT, [name], [])).toEqual({ kind: "refused" });
    } finally {
      await connection.send(["CONFIG", "SET", "maxmemory", "0"]);
    }
    expect(await direct.exists(name)).toBe(0);
  });

  it("is not known where the script itself broke off", async () => {
    const { redis } = await begin();
    expect(await runScript(redis, "redis.call('INCR', KEYS[1]) return redis.call('NOPE')", [key()], [])).toEqual({
      kind: "lost",
    });
  });
});
