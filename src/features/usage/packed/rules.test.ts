import fc from "fast-check";
import { expect, it } from "vitest";
import { datesOf, shiftDate } from "../dashboard/rules";
import { appsByDay, countsByDate, cutAt, daysBeside, hoursOfWeek, mondayOf, pack, valuesOf, weeksIn } from "./rules";

const date = fc.integer({ min: 0, max: 20_000 }).map((days) => shiftDate("2001-01-01", days));
const span = fc
  .tuple(date, fc.integer({ min: 0, max: 400 }))
  .map(([from, days]) => ({ from, to: shiftDate(from, days) }));

it("knows the Monday of a date, whatever the year", () => {
  expect(["2026-11-16", "2026-11-22", "2024-02-29"].map(mondayOf)).toEqual(["2026-11-16", "2026-11-16", "2024-02-26"]);
});

it("covers every day of a span once, by weeks and the days beside them, whatever cuts it", () => {
  fc.assert(
    fc.property(span, fc.array(date, { maxLength: 3 }), fc.func(fc.boolean()), ({ from, to }, far, isPacked) => {
      // Cuts that hit as well as some that do not.
      const cuts = [...far, ...far.map((_, i) => shiftDate(from, i * 9))];
      const pieces = cutAt({ from, to }, cuts);
      expect(pieces.flatMap((piece) => datesOf(piece.from, piece.to))).toEqual(datesOf(from, to));
      for (const cut of cuts.filter((day) => day >= from && day <= to)) {
        expect(pieces.map((piece) => piece.from)).toContain(cut);
      }
      const weeks = pieces.flatMap(weeksIn).filter(isPacked);
      const days = [...daysBeside(pieces, weeks), ...weeks.flatMap((week) => datesOf(week, shiftDate(week, 6)))];
      expect(days.toSorted()).toEqual(datesOf(from, to));
    }),
  );
});

it("leaves no whole week to be read by day", () => {
  expect(weeksIn({ from: "2026-11-02", to: "2026-11-22" })).toEqual(["2026-11-02", "2026-11-09", "2026-11-16"]);
  expect(weeksIn({ from: "2026-11-03", to: "2026-11-21" })).toEqual(["2026-11-09"]);
  expect(weeksIn({ from: "2026-11-03", to: "2026-11-03" })).toEqual([]);
});

it("tells again what it packed; a value that was given back is none", () => {
  const app = { appId: "a", tokens: 5, uses: 1, tookMs: 300, timed: 1 };
  const facet = (date: string, value: string, tokens: number, uses: number) => ({
    date,
    facet: "product",
    value,
    tokens,
    uses,
  });
  const counts = {
    apps: [
      { date: "2026-11-17", ...app },
      { date: "2026-11-22", ...app, tokens: 7 },
    ],
    hours: [
      { date: "2026-11-17", hour: 3, tokens: 5 },
      { date: "2026-11-22", hour: 23, tokens: 7 },
    ],
    facets: [
      ...[facet("2026-11-17", "x", 5, 1), facet("2026-11-22", "y", 7, 2), facet("2026-11-22", "x", 1, 1)],
      ...[facet("2026-11-17", "none", 5, 1), facet("2026-11-22", "none", -5, -1), facet("2026-11-22", "gone", 5, 1)],
    ],
    sketches: [
      { date: "2026-11-17", sketch: Uint8Array.of(3, 0, 1), known: 2 },
      { date: "2026-11-22", sketch: Uint8Array.of(1, 4), known: 1 },
    ],
  };
  const week = { start: "2026-11-16", ...pack("2026-11-16", 7, counts) };
  expect(appsByDay([week])).toEqual(counts.apps);
  expect([...week.sketch.slice(0, 4), week.sketch.length, week.known]).toEqual([3, 4, 1, 0, 2_048, 3]);
  expect(week.facets.product?.toSorted()).toEqual([
    ["gone", 5, 1],
    ["x", 6, 2],
    ["y", 7, 2],
  ]);
  const of = countsByDate({
    ...{ apps: [], hours: [{ date: "2026-11-24", hour: 3, tokens: 1 }], sketches: [] },
    facets: [facet("2026-11-24", "gone", -5, -1), facet("2026-11-24", "z", 7, 1), facet("2026-11-25", "x", 9, 9)],
  });
  const day = { start: "2026-11-24", ...pack("2026-11-24", 1, of(["2026-11-24"])) };
  const hours = hoursOfWeek([week, day]);
  expect([hours.length, hours[27], hours[167], hours.reduce((sum, tokens) => sum + tokens, 0)]).toEqual([
    168, 6, 7, 13,
  ]);
  expect(valuesOf([week, day], "product")).toEqual([
    { value: "y", tokens: 7, uses: 2 },
    { value: "z", tokens: 7, uses: 1 },
    { value: "x", tokens: 6, uses: 2 },
  ]);
  expect(valuesOf([week, day], "country")).toEqual([]);
});
