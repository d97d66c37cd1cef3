import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chatText, heldUntil, minuteOfDay, nextMinute, usualMode } from "./rules";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Sao_Paulo",
];
const NIGHT = { from: 22 * 60, to: 7 * 60 };
const at = (iso: string) => new Date(iso);

describe("quiet hours", () => {
  it("hold what comes in the night until the morning of the brand's clock, and nothing else", () => {
    expect(heldUntil("Europe/Berlin", at("2026-11-21T21:30:00Z"), NIGHT)).toEqual(at("2026-11-22T06:00:00Z"));
    expect(heldUntil("Europe/Berlin", at("2026-11-22T03:10:20Z"), NIGHT)).toEqual(at("2026-11-22T06:00:00Z"));
    expect(heldUntil("Europe/Berlin", at("2026-11-22T06:00:00Z"), NIGHT)).toBeNull();
    expect(heldUntil("Europe/Berlin", at("2026-11-21T20:59:59Z"), NIGHT)).toBeNull();
    // The same moments, elsewhere.
    expect(heldUntil("America/New_York", at("2026-11-21T21:30:00Z"), NIGHT)).toBeNull();
  });

  it("may lie within a day, and none are none", () => {
    const noon = { from: 12 * 60, to: 14 * 60 };
    expect(heldUntil("UTC", at("2026-11-21T12:00:00Z"), noon)).toEqual(at("2026-11-21T14:00:00Z"));
    expect(heldUntil("UTC", at("2026-11-21T14:00:00Z"), noon)).toBeNull();
    expect(heldUntil("UTC", at("2026-11-21T12:00:00Z"), null)).toBeNull();
    expect(heldUntil("UTC", at("2026-11-21T12:00:00Z"), { from: 60, to: 60 })).toBeNull();
  });

  it("end at their minute on nights in which the clocks change", () => {
    // Berlin loses 2:00 to 3:00 on 29 March 2026 and has it twice on 25 October.
    expect(heldUntil("Europe/Berlin", at("2026-03-28T22:00:00Z"), NIGHT)).toEqual(at("2026-03-29T05:00:00Z"));
    expect(heldUntil("Europe/Berlin", at("2026-10-24T22:00:00Z"), NIGHT)).toEqual(at("2026-10-25T06:00:00Z"));
    // One that ends at 2:30, which is no time of that night, ends as the clock jumps to 3:00.
    const half = { from: 22 * 60, to: 150 };
    expect(heldUntil("Europe/Berlin", at("2026-03-28T22:00:00Z"), half)).toEqual(at("2026-03-29T01:00:00Z"));
  });

  it("never hold anything for longer than a day and an hour, nor into the past, wherever the brand is", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2027-12-31") }),
        fc.integer({ min: 0, max: 1439 }),
        (zone, now, minute) => {
          const found = nextMinute(zone, new Date(now), minute);
          expect(found.getTime()).toBeGreaterThanOrEqual(now);
          expect(found.getTime() - now).toBeLessThanOrEqual(25 * 3_600_000);
          // A minute that the clocks left out is answered by one within the hour after it, never by one before.
          expect((minuteOfDay(zone, found) - minute + 1_440) % 1_440).toBeLessThanOrEqual(60);
        },
      ),
    );
  });
});

it("whoever has not chosen is told in the app, and mailed where they can act", () => {
  expect(usualMode("viewer", "app")).toBe("now");
  expect(usualMode("viewer", "email")).toBe("off");
  expect(usualMode("manager", "email")).toBe("now");
  expect(usualMode("admin", "email")).toBe("now");
});

it("a post calls nobody and links nowhere but where it says", () => {
  const text = chatText(
    { title: "<!channel> a & b", body: "<http://evil.example|x>", href: "/usage" },
    "B<b>",
    "https://a.example",
  );
  expect(text).not.toContain("<!channel>");
  expect(text.match(/<[^>]*>/g)).toEqual(["<https://a.example/usage|Open in Connected Apps>"]);
});
