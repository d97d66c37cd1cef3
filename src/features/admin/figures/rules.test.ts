import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monthStarts, movementsOf, type PaidPeriod, percentile } from "./rules";

const at = (text: string) => new Date(`${text}T00:00:00Z`);
const now = at("2026-11-21");
const paid = (customerId: string, cents: number, start: string, end: string): PaidPeriod => ({
  customerId,
  cents,
  start: at(start),
  end: at(end),
});
const last = (periods: PaidPeriod[], months = 3) => movementsOf(periods, now, months);

describe("recurring revenue", () => {
  it("counts a first payment as new, in its month", () => {
    const [september, october, november] = last([paid("a", 2_900, "2026-10-05", "2026-12-05")]);
    expect(september).toMatchObject({ month: "2026-09-01", opening: 0, fresh: 0, closing: 0 });
    expect(october).toMatchObject({ opening: 0, fresh: 2_900, closing: 2_900 });
    expect(november).toMatchObject({ opening: 2_900, fresh: 0, churn: 0, closing: 2_900 });
  });

  it("takes an upgrade's later period where it overlaps the earlier one, and the difference as expansion", () => {
    const [, , november] = last([
      paid("a", 2_900, "2026-10-05", "2026-12-05"),
      paid("a", 19_900, "2026-11-10", "2026-12-10"),
    ]);
    expect(november).toMatchObject({ opening: 2_900, expansion: 17_000, fresh: 0, closing: 19_900 });
  });

  it("tells a brand that is back from a new one, and a smaller plan from an end", () => {
    const [, october, november] = last([
      paid("a", 2_900, "2026-08-15", "2026-09-15"),
      paid("a", 2_900, "2026-10-15", "2026-12-15"),
      paid("b", 19_900, "2026-09-20", "2026-11-10"),
      paid("b", 2_900, "2026-11-10", "2026-12-10"),
      paid("c", 2_900, "2026-09-20", "2026-10-20"),
    ]);
    expect(october).toMatchObject({ back: 2_900, fresh: 0, churn: 2_900 });
    expect(november).toMatchObject({ contraction: 17_000, churn: 0 });
  });

  it("always adds up, and each month opens with what the one before closed", () => {
    const period = fc
      .record({
        customerId: fc.constantFrom("a", "b", "c", "d"),
        cents: fc.constantFrom(2_900, 19_900, 99_900),
        from: fc.integer({ min: 0, max: 400 }),
        days: fc.integer({ min: 1, max: 90 }),
      })
      .map(({ customerId, cents, from, days }) => ({
        customerId,
        cents,
        start: new Date(now.getTime() - from * 86_400_000),
        end: new Date(now.getTime() + (days - from) * 86_400_000),
      }));
    fc.assert(
      fc.property(fc.array(period, { maxLength: 20 }), (periods) => {
        const months = movementsOf(periods, now, 12);
        for (const [i, one] of months.entries()) {
          expect(one.opening + one.fresh + one.back + one.expansion - one.contraction - one.churn).toBe(one.closing);
          const next = months[i + 1];
          if (next) expect(next.opening).toBe(one.closing);
        }
      }),
    );
  });
});

it("months begin at the turn of a year too", () => {
  expect(monthStarts(at("2026-01-31"), 2).map((start) => start.toISOString().slice(0, 10))).toEqual([
    "2025-12-01",
    "2026-01-01",
    "2026-02-01",
  ]);
});

it("a percentile is one of the values", () => {
  expect([percentile([1, 2, 3, 4], 0.5), percentile([1, 2, 3, 4], 0.9), percentile([7], 0.5)]).toEqual([2, 4, 7]);
});
