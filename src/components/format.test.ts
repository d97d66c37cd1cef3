import { describe, expect, it } from "vitest";
import {
  formatClock,
  formatCompact,
  formatCount,
  formatDay,
  formatDelta,
  formatExact,
  formatMoney,
  formatRelative,
  formatTokens,
  shortenId,
} from "./format";

const now = Date.parse("2026-11-21T13:02:07Z");

describe("figures", () => {
  it("separates thousands up to the largest amount", () => {
    expect(formatCount(999_999_999_999_999)).toBe("999,999,999,999,999");
    expect(formatCount(0)).toBe("0");
  });
  it("shortens large figures", () => {
    expect([999, 7_148, 12_400, 1_000_000].map(formatCompact)).toEqual(["999", "7,148", "12.4k", "1M"]);
  });
  it("names the unit in the right number", () => {
    expect([0, 1, 7_148].map(formatTokens)).toEqual(["0 tokens", "1 token", "7,148 tokens"]);
  });
  it("signs a change, and zero not at all", () => {
    expect([-5, 0, 25_000].map(formatDelta)).toEqual(["−5", "0", "+25,000"]);
  });
  it("reads an amount of money in the unit that the payment provider counts its currency in", () => {
    expect([formatMoney(19_900), formatMoney(-420), formatMoney(2_900, "EUR")]).toEqual([
      "$199.00",
      "−$4.20",
      "€29.00",
    ]);
    expect([formatMoney(500, "jpy"), formatMoney(5_120, "kwd")]).toEqual(["¥500", "KWD\u00a05.120"]);
    // Written without a fraction, charged in hundredths.
    expect([formatMoney(1_099_000, "huf"), formatMoney(50_000, "isk")]).toEqual([
      "HUF\u00a010,990.00",
      "ISK\u00a0500.00",
    ]);
  });
});

describe("ids", () => {
  it("shortens long ones in the middle and leaves short ones whole", () => {
    expect(shortenId("0198f3aa-7c11-7d42-9e00-aabbccddc2d1")).toBe("0198f3…c2d1");
    expect(shortenId("ak_live_1")).toBe("ak_live_1");
  });
});

describe("times", () => {
  it("shows the clock of the brand's zone, and the day where it is another", () => {
    expect(formatClock("2026-11-21T13:02:07Z", "Europe/Berlin", now)).toBe("14:02:07");
    expect(formatClock("2026-11-20T13:02:07Z", "Europe/Berlin", now)).toBe("20 Nov, 14:02:07");
  });
  it("crosses midnight in the brand's zone, not in UTC", () => {
    expect(formatClock("2026-11-20T23:30:00Z", "Europe/Berlin", now)).toBe("00:30:00");
  });
  it("says all of it where asked", () => {
    expect(formatExact("2026-11-21T13:02:07Z", "Europe/Berlin")).toBe("Sat, 21 Nov 2026, 14:02:07 CET");
    expect(formatDay("2026-11-21T23:30:00Z", "Europe/Berlin")).toBe("22 Nov 2026");
  });
  it("tells how long until", () => {
    expect(formatRelative(new Date(now + 3 * 86_400_000).toISOString(), now)).toBe("in 3 d");
  });
  it("tells how long ago in one unit", () => {
    const ago = (seconds: number) => formatRelative(new Date(now - seconds * 1000).toISOString(), now);
    expect([0, 12, 90, 7_200, 3 * 86_400].map(ago)).toEqual([
      "just now",
      "12 s ago",
      "1 min ago",
      "2 h ago",
      "3 d ago",
    ]);
  });
});
