import { parseOptions } from "@node-rs/argon2";
import { describe, expect, it } from "vitest";
import { hashPassword, LONGEST_PASSWORD, verifyNothing, verifyPassword } from "./passwords";

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe("passwords", () => {
  it("are hashed with argon2id under OWASP's parameters and a salt of their own", async () => {
    const [first, second] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(parseOptions(first)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1, saltLen: 16 });
    expect(first).not.toBe(second);
  });

  it("match only themselves", async () => {
    const stored = await hashPassword("correct horse");
    expect(await verifyPassword(stored, "correct horse")).toBe(true);
    expect(await verifyPassword(stored, "correct horsf")).toBe(false);
    expect(await verifyPassword(stored, "")).toBe(false);
    expect(await verifyPassword("not a hash", "correct horse")).toBe(false);
    expect(await verifyPassword("", "correct horse")).toBe(false);
  });

  it("have an end, and beyond it nothing is cut off silently", async () => {
    const longest = "x".repeat(LONGEST_PASSWORD);
    expect(await verifyPassword(await hashPassword(longest), longest)).toBe(true);
    expect(await verifyPassword(await hashPassword(longest), `${longest}x`)).toBe(false);
    await expect(hashPassword(`${longest}x`)).rejects.toThrow("length");
    await expect(hashPassword("")).rejects.toThrow("length");
  });

  it("cost as much to check for nobody as for somebody", async () => {
    const stored = await hashPassword("correct horse");
    const times: { somebody: number[]; nobody: number[] } = { somebody: [], nobody: [] };
    // In turns, so that a machine busy with something else slows both alike.
    for (let i = 0; i < 11; i++) {
      times.somebody.push(await milliseconds(() => verifyPassword(stored, "wrong")));
      times.nobody.push(await milliseconds(() => verifyNothing("wrong")));
    }
    const [somebody, nobody] = [median(times.somebody), median(times.nobody)];
    expect(nobody / somebody).toBeGreaterThan(0.5);
    expect(nobody / somebody).toBeLessThan(2);
  });
});
