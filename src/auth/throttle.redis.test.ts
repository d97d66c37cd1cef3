import { describe, expect, it } from "vitest";
import { uuidv7 } from "@/lib/ids";
import { createRedis, redis } from "@/lib/redis";
import { FallbackLimiter, LocalLimiter, RedisLimiter, sharedThrottle } from "./throttle";

describe("the limiter in Redis", () => {
  it("allows the limit and no more, from several processes at once", async () => {
    const key = uuidv7();
    const limiters = [new RedisLimiter(10, "test:auth"), new RedisLimiter(10, "test:auth")];
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => limiters[i % 2]?.take(key)));
    expect(answers.filter(Boolean)).toHaveLength(10);
    expect(await new RedisLimiter(10, "test:auth").take(key)).toBe(false);
    expect(await limiters[0]?.take(uuidv7())).toBe(true);
  });

  it("takes back what was given back", async () => {
    const key = uuidv7();
    const limiter = new RedisLimiter(3, "test:auth");
    for (let i = 0; i < 30; i++) {
      expect(await limiter.take(key)).toBe(true);
      await limiter.giveBack(key);
    }
    expect([await limiter.take(key), await limiter.take(key), await limiter.take(key)]).toEqual([true, true, true]);
    expect(await limiter.take(key)).toBe(false);
  });

  it("leaves no e-mail address behind, and nothing that never expires", async () => {
    const name = `ada-${uuidv7()}`;
    await sharedThrottle().take(`${name}@northlight.example`, "203.0.113.7");
    const keys = await redis().keys("auth:*");
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(keys.join(" ")).not.toContain(name);
    for (const key of keys) expect(Number(await redis().pttl(key))).toBeGreaterThan(0);
  });
});

it("a Redis that is away, or refuses us, leaves the limit in memory", async () => {
  const { UPSTASH_REDIS_REST_URL: url = "" } = process.env;
  const away = createRedis({ url: "http://127.0.0.1:1", token: "t", budgetMs: 500 });
  const stranger = createRedis({ url, token: "not the token", budgetMs: 500 });
  for (const client of [away, stranger]) {
    const limiter = new FallbackLimiter(new RedisLimiter(10, "test:auth", client), new LocalLimiter(10));
    let allowed = 0;
    for (let i = 0; i < 20; i++) if (await limiter.take("a")) allowed += 1;
    expect(allowed).toBe(10);
    await limiter.giveBack("a");
    expect(await limiter.take("a")).toBe(true);
  }
});

it("a Redis that never answers is given up on after a second, and is no way in", async () => {
  const { createServer } = await import("node:http");
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((listening) => silent.once("listening", listening));
  const address = silent.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    const client = createRedis({ url: `http://127.0.0.1:${port}`, token: "t", budgetMs: 5_000 });
    const limiter = new FallbackLimiter(new RedisLimiter(2, "test:auth", client), new LocalLimiter(2));
    const start = performance.now();
    const answers = await Promise.all([limiter.take("a"), limiter.take("a"), limiter.take("a"), limiter.take("a")]);
    expect(answers.filter(Boolean)).toHaveLength(2);
    expect(performance.now() - start).toBeLessThan(2_500);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});
