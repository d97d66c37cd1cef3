import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { redis } from "@/lib/redis";
import { ctxOf, forget, use } from "@/test/ledger";
import { consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { balance } from "../queries";
import { watchAccount } from "./queries";

let brand: TestBrand;
let end: AbortController;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
  end = new AbortController();
});
afterEach(() => end.abort());

const anyone = async () => {};
const watch = (after?: string, allowed = anyone) =>
  watchAccount(ctxOf(brand), redis(), { mode: "live", after, signal: end.signal, allowed, everyMs: 10 });
const next = async (told: ReturnType<typeof watch>) => {
  const { value } = await told.next();
  if (!value) throw new Error("it ended");
  return value;
};

describe("an account that is watched", () => {
  it("is told at once, and again when it has changed: by the meter first, then by the ledger", async () => {
    await drain(brand);
    const told = watch();
    const first = await next(told);
    expect(first.state.balance).toMatchObject({ balance: 100, source: "live" });
    await use(brand);
    const spent = await next(told);
    expect(spent.state.balance.balance).toBe(95);
    expect(spent.state.written).toBe(first.state.written);
    await drain(brand);
    const written = await next(told);
    expect(written.state.balance.balance).toBe(95);
    expect(written.state.written).not.toBe(first.state.written);
  });

  it("goes on after the state that was heard last, and does not repeat it", async () => {
    const before = await next(watch());
    const resumed = watch(before.id);
    const pending = next(resumed);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await use(brand);
    expect((await pending).state.balance.balance).toBe(95);
    await drain(brand);
    // What happened while nobody listened is told at once.
    expect((await next(watch(before.id))).state.balance.balance).toBe(95);
  });

  it("is at rest where Redis has let it go, and live again with the next use", async () => {
    await drain(brand);
    await forget(brand);
    const told = watch();
    const resting = { balance: 100, source: "resting", untouched: false };
    expect((await next(told)).state.balance).toMatchObject(resting);
    const other = await testBrand({ tokens: 0 });
    await drain(other);
    expect(await balance(ctxOf(other), redis(), { mode: "live" })).toMatchObject({ balance: 0, untouched: true });
    const away = { hmget: () => Promise.reject(new Error("away")) } as unknown as ReturnType<typeof redis>;
    expect(await balance(ctxOf(brand), away, { mode: "live" })).toMatchObject({ balance: 100, source: "ledger" });
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
    expect((await next(told)).state.balance).toMatchObject({ balance: 95, source: "live" });
  });

  it("hears nothing of another brand", async () => {
    const other = await testBrand({ tokens: 40 });
    const told = watch();
    await next(told);
    const pending = next(told);
    await use(other);
    await drain(other);
    await use(brand);
    expect((await pending).state.balance.balance).toBe(95);
    await drain(brand);
  });

  it("is told of no more once the listener may not see it", async () => {
    let out = false;
    const told = watch(undefined, async () => {
      if (out) throw new Error("signed out");
    });
    await next(told);
    out = true;
    await use(brand);
    await expect(told.next()).rejects.toThrow("signed out");
    await drain(brand);
  });

  it("ends with its signal, also while it sleeps", async () => {
    const told = watchAccount(ctxOf(brand), redis(), {
      mode: "live",
      signal: end.signal,
      allowed: anyone,
      everyMs: 60_000,
    });
    await told.next();
    const pending = told.next();
    setTimeout(() => end.abort(), 20);
    expect(await pending).toEqual({ done: true, value: undefined });
  });
});
