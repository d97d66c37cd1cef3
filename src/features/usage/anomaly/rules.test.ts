import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { average, precision, recall, robust, scoreAll, seedsFor } from "@/test/alert-judge";
import { Baseline } from "./rules";

const WEEK = 168;
/** Some weeks of a shop with a hill at noon, and as much on each hour as `but` says. */
const shop = (weeks: number, but: (at: number, usual: number) => number = (_, usual) => usual): number[] =>
  Array.from({ length: weeks * WEEK }, (_, at) => {
    const hour = at % 24;
    const usual = hour >= 8 && hour <= 20 ? 100 - 10 * Math.abs(14 - hour) : 0;
    return but(at, usual === 0 ? 0 : usual + ((at * 7919) % 9) - 4);
  });
const look = (hours: readonly number[], at = hours.length - 1) => new Baseline(hours, 1).look(at, 0.5);
const NOON = 8 * WEEK + 14;

describe("what is usual", () => {
  it("is not known before two full weeks", () => {
    expect(look(shop(2), 2 * WEEK - 1)).toBeNull();
    expect(look(shop(3), 2 * WEEK)).not.toBeNull();
  });

  it("is that hour of that weekday: the busiest hour of every week is ordinary, the same amount at night is not", () => {
    const hours = shop(9);
    expect(look(hours, NOON)).toMatchObject({ high: false, low: false, calm: true });
    hours[8 * WEEK + 3] = 100;
    expect(look(hours, 8 * WEEK + 3)).toMatchObject({ high: true });
  });

  it("holds a spike that comes at its hour every week for usual", () => {
    const hours = shop(9, (at, usual) => (at % WEEK === 60 ? 500 : usual));
    expect(look(hours, 8 * WEEK + 60)).toMatchObject({ high: false });
  });

  it("is moved neither by a campaign nor by an outage among the weeks before", () => {
    const hours = shop(9, (at, usual) =>
      Math.floor(at / WEEK) === 5 ? usual * 6 : Math.floor(at / WEEK) === 3 ? 0 : usual,
    );
    expect(look(hours, NOON)?.usual).toBeGreaterThan(85);
    expect(look(hours, NOON)?.usual).toBeLessThan(115);
  });

  it("grows with the brand: a tenth more each week is not unusual", () => {
    const hours = shop(9, (at, usual) => Math.round(usual * 1.1 ** (at / WEEK)));
    const baseline = new Baseline(hours, 1);
    for (let at = 7 * WEEK; at < hours.length; at++) {
      expect(baseline.look(at, 0.5), `hour ${at}`).toMatchObject({ high: false, low: false });
    }
  });
});

describe("an hour", () => {
  it("stands out where it is far above the usual, and where hours on end are far below", () => {
    const hours = shop(9);
    hours[NOON] = 260;
    expect(look(hours, NOON)).toMatchObject({ high: true, low: false, tokens: 260 });
    const dead = shop(9, (at, usual) => (at >= NOON - 3 ? 0 : usual));
    expect(look(dead, NOON)).toMatchObject({ low: true, high: false });
  });

  it("does not where a small shop has a handful more, however unlikely that is", () => {
    const hours = shop(9, () => 0);
    hours[NOON] = 11;
    expect(look(hours, NOON)).toMatchObject({ high: false });
    hours[NOON] = 13;
    expect(look(hours, NOON)).toMatchObject({ high: true });
  });

  it("does not by less than the share that was asked for", () => {
    const hours = shop(9);
    hours[NOON] = 160;
    expect(new Baseline(hours, 1).look(NOON, 1)).toMatchObject({ high: false });
    expect(new Baseline(hours, 1).look(NOON, 0.2)).toMatchObject({ high: true });
  });

  it("is judged by what came before it alone, whatever comes after", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 30, maxLength: 30 }), (later) => {
        const hours = shop(4);
        expect(look([...hours, ...later], 4 * WEEK - 1)).toEqual(look(hours, 4 * WEEK - 1));
      }),
      { numRuns: 5 },
    );
  });
});

it("on brands nobody tuned on, tells more of what happened than 1.5 times the average, nearly always rightly", () => {
  const seeds = seedsFor("held-out", 12);
  const kinds = ["surge", "leak", "night", "lull"] as const;
  const ours = scoreAll(robust, seeds, kinds);
  const seed = scoreAll(average, seeds, kinds);
  expect(precision(ours)).toBeGreaterThan(0.85);
  expect(recall(ours)).toBeGreaterThan(0.65);
  expect(recall(ours)).toBeGreaterThan(recall(seed));
  expect(precision(ours)).toBeGreaterThan(10 * precision(seed));
});
