import { describe, expect, it } from "vitest";
import { Latencies } from "@/lib/latency";
import { groupsOf, isLate, JOBS, quantile } from "./rules";

describe("how quick answers were", () => {
  const counted = (seconds: readonly number[]) => {
    const all = new Latencies();
    for (const one of seconds) all.note("consume", 200, one);
    return groupsOf(all.read())[0];
  };

  it("is read out of the buckets, within the one that holds it", () => {
    const group = counted([...Array.from({ length: 95 }, () => 0.03), ...Array.from({ length: 5 }, () => 0.4)]);
    expect(group?.p50).toBeGreaterThan(25);
    expect(group?.p50).toBeLessThanOrEqual(50);
    expect(group?.p95).toBe(50);
    expect(counted([0.4])?.p95).toBeLessThanOrEqual(500);
  });

  it("is not known beyond the last bucket, nor where nothing was asked", () => {
    expect(counted([30, 30])?.p95).toBeNull();
    expect(quantile([0, 0], 0.95)).toBeNull();
    expect(groupsOf([])).toEqual([]);
  });

  it("is told by what was asked, the busiest first, with whose fault a failure is", () => {
    const all = new Latencies();
    for (const status of [200, 402, 500, 503]) all.note("consume", status, 0.01);
    for (let i = 0; i < 5; i++) all.note("pages", 200, 0.01);
    expect(groupsOf(all.read())).toMatchObject([
      { group: "pages", count: 5, failed: 0, refused: 0 },
      { group: "consume", count: 4, failed: 2, refused: 1 },
    ]);
  });
});

it("a job is late by its own pace, and one that is no more is not missed", () => {
  const now = 1_000_000;
  expect(isLate("grants", now - 1_700, now)).toBe(false);
  expect(isLate("grants", now - 1_900, now)).toBe(true);
  expect(isLate("retention", now - 90_000, now)).toBe(false);
  expect(isLate("retention", now - 180_000, now)).toBe(true);
  expect(isLate("a job of last year", 0, now)).toBe(false);
  expect(isLate("grants", null, now)).toBe(false);
  expect(Object.values(JOBS).every(([what]) => what.length > 10)).toBe(true);
});
