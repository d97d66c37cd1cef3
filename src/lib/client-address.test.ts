import { describe, expect, it } from "vitest";
import { plainAddress, throttleAddress } from "./client-address";

const CASES: [string | undefined, string][] = [
  ["203.0.113.7", "203.0.113.7"],
  ["198.51.100.1, 203.0.113.7", "203.0.113.7"],
  ["1.1.1.1, 2.2.2.2, 3.3.3.3,203.0.113.7", "203.0.113.7"],
  ["203.0.113.7:51200", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::1", "0:0:0:0::/64"],
  ["2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:ffff::", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "unknown"],
  ["203.0.113.7, not-an-address", "unknown"],
  ["203.0.113.7,", "unknown"],
  ["", "unknown"],
  [undefined, "unknown"],
];

it.each(CASES)("counts %j as %s", (forwarded, expected) => {
  const headers = new Headers(forwarded === undefined ? {} : { "x-forwarded-for": forwarded });
  expect(throttleAddress(headers)).toBe(expected);
});

it("does not move when made-up entries rotate in front", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++)
    seen.add(throttleAddress(new Headers({ "x-forwarded-for": `10.0.0.${i}, 203.0.113.7` })));
  expect(seen.size).toBe(1);
});

describe("an address", () => {
  it.each([
    "203.0.113.9",
    "::1",
    "2001:db8::8a2e:370:7334",
    "2001:DB8:0:0:0:0:0:1",
    "::ffff:203.0.113.9",
    "1:2:3:4:5:6:7::",
    "1:2:3:4::5:6:7",
  ])("is %s", (text) => {
    expect(plainAddress(text)).not.toBeNull();
  });
  it.each([
    "",
    "localhost",
    "256.1.1.1",
    "1.2.3",
    "1:2:3:4:5:6:7:8:9",
    // Eight groups leave nothing for `::` to stand for.
    "1:2:3:4::5:6:7:8",
    "1::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::8",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8::",
    ":::",
    "12345::",
    "'; drop table",
    "1::2::3",
  ])("is not %j", (text) => {
    expect(plainAddress(text)).toBeNull();
  });
});
