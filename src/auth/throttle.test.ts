import { describe, expect, it } from "vitest";
import { FallbackLimiter, LIMITS, type Limiter, LocalLimiter, signInThrottle } from "./throttle";

const away: Limiter = {
  take: () => Promise.reject(new Error("connect ECONNREFUSED")),
  giveBack: () => Promise.reject(new Error("connect ECONNREFUSED")),
};

async function takes(limiter: Limiter, key: string, times: number): Promise<number> {
  let allowed = 0;
  for (let i = 0; i < times; i++) if (await limiter.take(key)) allowed += 1;
  return allowed;
}

describe("the limiter in memory", () => {
  it("allows the limit and no more, and starts again after ten minutes", async () => {
    let now = 0;
    const limiter = new LocalLimiter(10, 100, () => now);
    expect(await takes(limiter, "a", 25)).toBe(10);
    expect(await takes(limiter, "b", 1)).toBe(1);
    now = 10 * 60_000 + 1;
    expect(await takes(limiter, "a", 25)).toBe(10);
  });

  it("counts concurrent attempts one by one", async () => {
    const limiter = new LocalLimiter(10);
    const answers = await Promise.all(Array.from({ length: 100 }, () => limiter.take("a")));
    expect(answers.filter(Boolean)).toHaveLength(10);
  });

  it("stays bounded, and filling it does not clear a counter", async () => {
    let now = 0;
    const limiter = new LocalLimiter(1, 50, () => now);
    expect(await limiter.take("victim")).toBe(true);
    for (let i = 0; i < 500; i++) await limiter.take(`filler-${i}`);
    expect(limiter.size).toBe(50);
    expect(await limiter.take("victim")).toBe(false);
    expect(await limiter.take("newcomer")).toBe(false);
    now = 10 * 60_000 + 1;
    expect(await limiter.take("newcomer")).toBe(true);
    expect(limiter.size).toBe(1);
  });

  it("never counts below nothing when more is given back than taken", async () => {
    const limiter = new LocalLimiter(2);
    await limiter.take("a");
    for (let i = 0; i < 5; i++) await limiter.giveBack("a");
    expect(await takes(limiter, "a", 10)).toBe(2);
  });
});

describe("with Redis away", () => {
  it("the limit in memory holds: never none", async () => {
    expect(await takes(new FallbackLimiter(away, new LocalLimiter(10)), "a", 30)).toBe(10);
  });

  it("giving back does not fail", async () => {
    const limiter = new FallbackLimiter(away, new LocalLimiter(1));
    expect(await limiter.take("a")).toBe(true);
    await limiter.giveBack("a");
    expect(await limiter.take("a")).toBe(true);
  });
});

describe("the sign-in throttle", () => {
  const fresh = () =>
    signInThrottle(new LocalLimiter(LIMITS.account), new LocalLimiter(LIMITS.address), (email) => email);

  it("stops an account at 10, however many addresses the attempts come from", async () => {
    const throttle = fresh();
    let allowed = 0;
    for (let i = 0; i < 100; i++) if (await throttle.take("ada@northlight.example", `10.0.0.${i}`)) allowed += 1;
    expect(allowed).toBe(10);
  });

  it("stops an address at 50, however many accounts it tries, and leaves the account alone after that", async () => {
    const throttle = fresh();
    let allowed = 0;
    for (let i = 0; i < 100; i++) if (await throttle.take(`p${i}@northlight.example`, "203.0.113.7")) allowed += 1;
    expect(allowed).toBe(50);
    for (let i = 0; i < 20; i++) await throttle.take("ada@northlight.example", "203.0.113.7");
    expect(await throttle.take("ada@northlight.example", "198.51.100.1")).toBe(true);
  });

  it("does not count rightful sign-ins", async () => {
    const throttle = fresh();
    for (let i = 0; i < 100; i++) {
      expect(await throttle.take("ada@northlight.example", "203.0.113.7")).toBe(true);
      await throttle.giveBack("ada@northlight.example", "203.0.113.7");
    }
  });
});
