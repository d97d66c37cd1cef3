import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountOf, mintCustomerId, uuidv7 } from "@/lib/ids";
import { burnOrder, type Grant, packGrants, unpackGrants } from "../rules";
import type { ConsumeRequest } from "./contract";
import { Waker } from "./jobs";
import { MissLimit, operationHash, rateHeaders, requestHash, serializeConsumed, usageDetails } from "./rules";

describe("the hash of a request", () => {
  it("does not depend on the order of metadata, and depends on everything else", async () => {
    const a = await requestHash({ app_id: "x", session_id: "s", metadata: { a: 1, b: "2" } });
    expect(await requestHash({ app_id: "y", session_id: "s", metadata: { b: "2", a: 1 } })).toBe(a);
    const others: Omit<ConsumeRequest, "app_id">[] = [
      { session_id: "t", metadata: { a: 1, b: "2" } },
      { session_id: "s", metadata: { a: 1, b: 2 } },
      { session_id: "s", metadata: { a: 1 } },
      { session_id: "s" },
      { session_id: "s", metadata: { a: 1, b: "2", c: true } },
    ];
    for (const other of others) {
      expect(await requestHash({ app_id: "x", ...other })).not.toBe(a);
    }
  });

  it("keeps accounts, kinds of key and endpoints apart, also where their texts could be joined alike", async () => {
    const customer = mintCustomerId(uuidv7());
    const live = accountOf(customer, "live");
    const hashes = await Promise.all([
      operationHash(live, "pk", "consume", "k"),
      operationHash(live, "sk", "consume", "k"),
      operationHash(live, "sk", "batch", "k"),
      operationHash(accountOf(customer, "test"), "sk", "consume", "k"),
      operationHash(accountOf(mintCustomerId(uuidv7()), "live"), "sk", "consume", "k"),
      // These read alike where nothing stands between the parts.
      operationHash(live, "sk", "consum", "ek"),
      operationHash(live, "sk", "consumek", ""),
      operationHash(live, "s", "kconsume", "k"),
    ]);
    expect(new Set(hashes).size).toBe(8);
  });
});

describe("the answer's bytes", () => {
  const result = {
    usageId: "01234567-89ab-7000-8000-000000000000",
    appId: "vto-001",
    amount: "999999999999999",
    balance: "9007199254740991",
    unlimited: false,
    createdAt: 0,
  };
  it("are these for ever", () => {
    expect(serializeConsumed(result, "sk")).toBe(
      '{"success":true,"usage_id":"01234567-89ab-7000-8000-000000000000","app_id":"vto-001","tokens_consumed":999999999999999,"tokens_remaining":9007199254740991,"unlimited":false,"created_at":"1970-01-01T00:00:00.000Z"}',
    );
    expect(serializeConsumed({ ...result, unlimited: true }, "sk")).toContain(
      '"tokens_remaining":null,"unlimited":true',
    );
    expect(JSON.parse(serializeConsumed(result, "pk"))).not.toHaveProperty("tokens_remaining");
  });
});

describe("details of a use", () => {
  const request = { address: "198.51.100.1", agent: "Shop/1.0\u0000" };
  it("take the shopper from a server's metadata, and from the request itself for a page", () => {
    const body = { app_id: "x", metadata: { ip_address: "203.0.113.9", user_agent: "Phone", product_id: "f" } };
    expect(JSON.parse(usageDetails(body, "sk", request))).toEqual({
      m: { product_id: "f" },
      ip: "203.0.113.9",
      ua: "Phone",
    });
    expect(JSON.parse(usageDetails(body, "pk", request))).toMatchObject({ ip: "198.51.100.1", ua: "Shop/1.0" });
  });
});

describe("look-ups of unknown keys", () => {
  it("are counted together for a household, whatever address of its own it takes next", async () => {
    const misses = new MissLimit(3);
    const asked = (from: string, i: number) => misses.lookUp(`key-${from}-${i}`, from, 1_000, async () => "unknown");
    const answers: string[] = [];
    for (let i = 0; i < 5; i++) answers.push(await asked(`2001:db8:1:2::${i}`, i));
    expect(answers).toEqual(["unknown", "unknown", "unknown", "failed", "failed"]);
    expect(await asked("2001:db8:1:3::1", 0)).toBe("unknown");
    expect(await asked("203.0.113.7", 0)).toBe("unknown");
  });
});

describe("limits", () => {
  it("are announced for the key, and for the customer where it is the nearer", () => {
    // One of 1,000 an hour takes 3.6 s to come back, one of 10,000 a tenth of that.
    expect(rateHeaders("1000,1000,1003600.000;10000,10000,1000360.000;", 1_000_000)).toEqual({
      "RateLimit-Policy": '"key";q=1000;w=3600, "customer";q=10000;w=3600',
      RateLimit: '"key";r=999;t=4',
    });
    expect(rateHeaders("1000,1000,1003600.000;10000,100,1000360.000;", 1_000_000).RateLimit).toBe(
      '"key";r=999;t=4, "customer";r=99;t=1',
    );
    expect(rateHeaders("10,10,900000.000;", 1_000_000).RateLimit).toBe('"key";r=10;t=0');
    expect(rateHeaders("", 1_000_000)).toEqual({});
  });
});

describe("grants", () => {
  const grant = fc.record<Grant>({
    id: fc.uuid(),
    source: fc.constantFrom("plan", "pack", "refund", "adjustment"),
    remaining: fc.integer({ min: 1, max: 999_999_999_999_999 }),
    expiresAt: fc.constantFrom(0, 1000, 2000, 3000),
  });
  it("pack and unpack to the same", () => {
    fc.assert(
      fc.property(fc.array(grant), (grants) => {
        expect(unpackGrants(packGrants(grants))).toEqual(grants);
      }),
    );
  });
  it("burn soonest expiry first, a plan's first on a tie, then the oldest", () => {
    const g = (id: string, source: Grant["source"], expiresAt: number): Grant => ({
      id,
      source,
      remaining: 1,
      expiresAt,
    });
    const order = burnOrder([
      g("a", "pack", 0),
      g("b", "plan", 0),
      g("c", "pack", 10),
      g("d", "pack", 5),
      g("e", "plan", 10),
      g("f", "pack", 0),
    ]);
    expect(order.map((x) => x.id)).toEqual(["d", "e", "c", "b", "a", "f"]);
  });
});

describe("a wake", () => {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  it("goes out at once, and one that comes too soon is put off and not dropped", async () => {
    const sent: number[][] = [];
    const waker = new Waker(async (partitions) => {
      sent.push(partitions);
    }, 60);
    await waker.wake(1);
    const [second, third] = [waker.wake(2), waker.wake(3)];
    expect(sent).toEqual([[1]]);
    await Promise.all([second, third]);
    expect(sent).toEqual([[1], [2, 3]]);
  });
  it("goes round again for what was woken while it was sending", async () => {
    const sent: number[][] = [];
    const waker = new Waker(async (partitions) => {
      await pause(20);
      sent.push(partitions);
    }, 1);
    const first = waker.wake(1);
    await pause(5);
    await waker.wake(2);
    await first;
    expect(sent).toEqual([[1], [2]]);
  });
  it("is under way until everything noted meanwhile has been sent", async () => {
    const sent: number[][] = [];
    const waker = new Waker(async (partitions) => {
      await pause(10);
      sent.push(partitions);
    }, 1);
    expect(waker.busy).toBe(false);
    const first = waker.wake(1);
    expect(waker.busy).toBe(true);
    void waker.wake(2);
    await first;
    expect(sent).toEqual([[1], [2]]);
    expect(waker.busy).toBe(false);
  });
  it("that fails leaves the next one working", async () => {
    let calls = 0;
    const waker = new Waker(async () => {
      calls++;
      if (calls === 1) throw new Error("away");
    }, 1);
    await waker.wake(1);
    await waker.wake(1);
    expect(calls).toBe(2);
  });
});
