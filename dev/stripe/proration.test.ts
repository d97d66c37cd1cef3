import fc from "fast-check";
import { expect, test } from "vitest";
import { periodAfter, periodEnd } from "./periods";
import { prorated } from "./proration";

const MONTH = { interval: "month", interval_count: 1 } as const;
const at = (text: string): number => Date.parse(`${text}Z`) / 1_000;
const read = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 16);

test("months keep their anchor's day, or take their last", () => {
  const anchor = at("2027-08-31T12:00:00");
  expect([1, 2, 6, 18].map((count) => read(periodAfter(anchor, MONTH, count)))).toEqual([
    "2027-09-30T12:00",
    "2027-10-31T12:00",
    "2028-02-29T12:00",
    "2029-02-28T12:00",
  ]);
  expect(read(periodAfter(anchor, { interval: "year", interval_count: 1 }, 1))).toBe("2028-08-31T12:00");
  expect(read(periodAfter(anchor, { interval: "week", interval_count: 2 }, 1))).toBe("2027-09-14T12:00");
});

test("periods follow one another without a gap, whatever day they began on", () => {
  fc.assert(
    fc.property(fc.integer({ min: at("2026-01-01"), max: at("2030-01-01") }), (anchor) => {
      let start = anchor;
      for (let count = 1; count <= 24; count++) {
        const end = periodEnd(anchor, MONTH, start);
        expect(end).toBe(periodAfter(anchor, MONTH, count));
        expect((end - start) / 86_400).toBeGreaterThanOrEqual(28);
        expect((end - start) / 86_400).toBeLessThanOrEqual(31);
        start = end;
      }
    }),
  );
});

test("a part of an amount is the exact fraction of its time, to the nearest cent", () => {
  const period = { start: at("2027-04-01"), end: at("2027-05-01") };
  expect(prorated(2_900, period, period.start)).toBe(2_900);
  expect(prorated(2_900, period, period.end)).toBe(0);
  expect(prorated(2_900, period, at("2027-04-11"))).toBe(1_933);
  expect(prorated(2_900, period, at("2027-04-21"))).toBe(967);
  // Half a cent is rounded up: a credit then is as much as the charge for the same time.
  expect(prorated(1, period, at("2027-04-16"))).toBe(1);
  fc.assert(
    fc.property(fc.nat(10_000_000_000), fc.nat(86_400 * 30), (amount, after) => {
      const part = prorated(amount, period, period.start + after);
      const exact = (amount * (86_400 * 30 - after)) / (86_400 * 30);
      expect(Math.abs(part - exact)).toBeLessThanOrEqual(0.500001);
    }),
  );
});
