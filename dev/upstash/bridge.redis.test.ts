import { createHash, randomUUID } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis, type RedisConfigNodejs } from "@upstash/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STORE_UNAVAILABLE } from "@/lib/redis-tcp";
import { crossing } from "@/test/crossing";
import { type Bridge, createBridge } from "./bridge";

const TOKEN = "a-token-for-tests";
const redisUrl = process.env.STACK_REDIS_URL ?? "";

let bridge: Bridge;
let url: string;
let redis: Redis;
const key = (): string => `bridge-test:${randomUUID()}`;
const client = (options: Partial<RedisConfigNodejs> = {}): Redis =>
  new Redis({ url, token: TOKEN, retry: false, enableTelemetry: false, ...options });
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

beforeAll(async () => {
  bridge = createBridge({ redisUrl, token: TOKEN, log: () => {} });
  await bridge.connected();
  url = `http://127.0.0.1:${await bridge.listen(0)}`;
  redis = client();
});
afterAll(() => bridge.close());

describe("through the real Upstash client", () => {
  it("keeps text, numbers, bytes beyond ASCII and nothing apart", async () => {
    const name = key();
    expect(await redis.set(name, "grüße 👓 \u0000 end")).toBe("OK");
    expect(await redis.get(name)).toBe("grüße 👓 \u0000 end");
    expect(await redis.get(key())).toBeNull();
    expect(await redis.incrby(key(), 41)).toBe(41);
    expect(await redis.set(name, "OK")).toBe("OK");
    expect(await redis.get(name)).toBe("OK");
    expect(await client({ automaticDeserialization: false }).get(name)).toBe("OK");
    expect(await client({ responseEncoding: false }).get(name)).toBe("OK");
  });

  it("answers hashes, lists, sorted sets and streams in their own shapes", async () => {
    const name = key();
    await redis.hset(name, { balance: "900", epoch: "1" });
    expect(await redis.hgetall(name)).toEqual({ balance: 900, epoch: 1 });
    expect(await client({ automaticDeserialization: false }).hgetall(name)).toEqual(["balance", "900", "epoch", "1"]);
    expect(await redis.hmget(name, "balance", "none")).toEqual({ balance: 900, none: null });
    const sorted = key();
    await redis.zadd(sorted, { score: 1.5, member: "a" }, { score: 2, member: "b" });
    expect(await redis.zrange(sorted, 0, -1, { withScores: true })).toEqual(["a", 1.5, "b", 2]);
    const stream = key();
    const id = await redis.xadd(stream, "*", { kind: "usage", tokens: 5 });
    expect(await redis.xrange(stream, "-", "+")).toEqual({ [id]: { kind: "usage", tokens: 5 } });
  });

  it("evaluates a flagged script, and hits it again by the hash of the flagged text", async () => {
    const text = `#!lua flags=allow-key-locking\nreturn {ARGV[1], redis.call('INCR', KEYS[1]), false}\n-- ${randomUUID()}`;
    const hash = createHash("sha1").update(text).digest("hex");
    const name = key();
    await expect(redis.evalsha(hash, [name], ["a"])).rejects.toThrow(/NOSCRIPT/);
    expect(await redis.eval(text, [name], ["a"])).toEqual(["a", 1, null]);
    expect(await redis.evalsha(hash, [name], ["b"])).toEqual(["b", 2, null]);
    expect(await redis.evalsha(hash.toUpperCase(), [name], ["c"])).toEqual(["c", 3, null]);
    const script = redis.createScript<[string, number]>(text);
    expect((await script.exec([name], ["d"]))[1]).toBe(4);
  });

  it("answers SCRIPT LOAD and EXISTS with the hash of the flagged text", async () => {
    const text = `#!lua flags=allow-key-locking\nreturn 1 -- ${randomUUID()}`;
    const hash = createHash("sha1").update(text).digest("hex");
    expect(await redis.scriptExists(hash)).toEqual([0]);
    expect(await redis.scriptLoad(text)).toBe(hash);
    expect(await redis.scriptExists(hash)).toEqual([1]);
    expect(await redis.evalsha(hash, [], [])).toBe(1);
    expect(await redis.pipeline().scriptLoad(text).exec()).toEqual([hash]);
    expect(await redis.multi().scriptLoad(text).exec()).toEqual([hash]);
  });

  it("runs a pipeline in order and keeps one command's error to that command", async () => {
    const name = key();
    const results = await redis.pipeline().set(name, "text").incr(name).get(name).exec({ keepErrors: true });
    expect(results[0]?.result).toBe("OK");
    expect(results[1]?.error).toMatch(/ERR value is not an integer/);
    expect(results[2]?.result).toBe("text");
  });

  it("runs a transaction as one, and discards it whole where a command is malformed", async () => {
    const name = key();
    expect(await redis.multi().set(name, 1).incr(name).hgetall(key()).exec()).toEqual(["OK", 2, null]);
    const malformed = await post("/multi-exec", [
      ["SET", name, "9"],
      ["SET", name],
    ]);
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({ error: expect.stringMatching(/wrong number of arguments/) });
    expect(await redis.get(name)).toBe(2);
    const failing = await post("/multi-exec", [
      ["SET", name, "x"],
      ["INCR", name],
    ]);
    expect(await failing.json()).toMatchObject([{ result: "OK" }, { error: expect.stringMatching(/not an integer/) }]);
  });

  it("carries many commands at once by auto-pipelining, each answer to its own caller", async () => {
    const auto = client({ enableAutoPipelining: true });
    const name = key();
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => auto.hset(name, { [`f${i}`]: i })));
    expect(answers.every((n) => n === 1)).toBe(true);
    const values = await Promise.all(Array.from({ length: 300 }, (_, i) => auto.hget<number>(name, `f${i}`)));
    expect(values).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it("limits rates with @upstash/ratelimit", async () => {
    for (const limiter of [
      Ratelimit.slidingWindow(3, "60 s"),
      Ratelimit.fixedWindow(3, "60 s"),
      Ratelimit.tokenBucket(3, "60 s", 3),
    ]) {
      const limit = new Ratelimit({ redis, limiter, prefix: key(), ephemeralCache: false });
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push((await limit.limit("someone")).success);
      expect(answers).toEqual([true, true, true, false]);
    }
  });
});

describe("on the wire", () => {
  it("401 for a wrong or absent token", async () => {
    for (const authorization of ["Bearer wrong", "", TOKEN]) {
      const response = await post("/", ["PING"], { authorization });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: "WRONGPASS invalid or missing auth token" });
    }
  });

  it("400 with the error of Redis, of a malformed body, and of a command that is not offered", async () => {
    const name = key();
    await redis.set(name, "text");
    const error = async (response: Response): Promise<string> => {
      expect(response.status).toBe(400);
      return ((await response.json()) as { error: string }).error;
    };
    expect(await error(await post("/", ["INCR", name]))).toMatch(/^ERR value is not an integer/);
    expect(await error(await post("/", "{nonsense"))).toMatch(/^ERR the body/);
    expect(await error(await post("/", []))).toMatch(/^ERR the body/);
    expect(await error(await post("/", ["SET", name, null]))).toMatch(/^ERR the body/);
    expect(await error(await post("/pipeline", ["PING"]))).toMatch(/^ERR the body/);
    for (const command of [
      ["select", "1"],
      ["BLPOP", name, "0"],
      ["XREAD", "block", "0", "STREAMS", name, "0"],
    ]) {
      expect(await error(await post("/", command))).toMatch(/^ERR Command is not available/);
    }
    expect((await post("/nowhere", ["PING"])).status).toBe(404);
  });

  it("plain text without the header, base64 with it", async () => {
    const name = key();
    await redis.set(name, "plain");
    expect(await (await post("/", ["GET", name])).json()).toEqual({ result: "plain" });
    expect(await (await post("/", ["GET", name], { "upstash-encoding": "base64" })).json()).toEqual({
      result: Buffer.from("plain").toString("base64"),
    });
  });

  it("413 over four mebibytes, and three are taken", async () => {
    const name = key();
    expect((await post("/", ["SET", name, "x".repeat(3 * 1024 * 1024)])).status).toBe(200);
    const over = await post("/", ["SET", name, "x".repeat(5 * 1024 * 1024)]).catch(() => undefined);
    // The connection may be closed on the sender before it has finished sending.
    if (over) expect(over.status).toBe(413);
    expect(await redis.strlen(name)).toBe(3 * 1024 * 1024);
  });
});

describe("when Redis is away", () => {
  async function bridgeOver(port: number): Promise<{ base: string; other: Bridge }> {
    const through = new URL(redisUrl);
    through.port = String(port);
    const other = createBridge({ redisUrl: through.href, token: TOKEN, log: () => {} });
    await other.connected();
    return { base: `http://127.0.0.1:${await other.listen(0)}`, other };
  }

  const send = (base: string, path: string, body: unknown): Promise<Response> =>
    fetch(base + path, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(3_000),
    });

  it("503 at once, with nothing run, where it cannot be reached", async () => {
    const way = await crossing(redisUrl);
    const { base, other } = await bridgeOver(way.port);
    const name = key();
    way.block();
    way.cut();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const [path, body] of [
      ["/", ["INCR", name]],
      [
        "/pipeline",
        [
          ["INCR", name],
          ["INCR", name],
        ],
      ],
      ["/multi-exec", [["INCR", name]]],
    ] as const) {
      const begun = performance.now();
      const response = await send(base, path, body);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ error: STORE_UNAVAILABLE });
      expect(performance.now() - begun).toBeLessThan(200);
    }
    expect(await redis.exists(name)).toBe(0);
    await other.close();
  });

  it("drops the caller's connection where the reply was lost, does not run the command twice, and recovers", async () => {
    const way = await crossing(redisUrl);
    const { base, other } = await bridgeOver(way.port);
    for (const [path, body] of [
      ["/", (name: string) => ["INCR", name]],
      ["/pipeline", (name: string) => [["INCR", name], ["PING"]]],
      ["/multi-exec", (name: string) => [["INCR", name]]],
    ] as const) {
      const name = key();
      const fresh = await crossing(redisUrl);
      const own = await bridgeOver(fresh.port);
      fresh.mute();
      const pending = send(own.base, path, body(name)).then(
        (response) => `answered ${response.status}`,
        (error: unknown) => (error instanceof Error ? error.name : "thrown"),
      );
      await expect.poll(() => redis.get(name)).toBe(1);
      fresh.cut();
      expect(await pending).toBe("TypeError");
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await redis.get(name)).toBe(1);
      await own.other.close();
    }
    way.cut();
    await expect.poll(async () => (await send(base, "/", ["PING"])).status).toBe(200);
    await other.close();
  });
});
