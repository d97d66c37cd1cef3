import { describe, expect, it } from "vitest";
import { placeOf, readEntry } from "./rules";

const fields = {
  a: "018f4d2e-7c1a-7b3e-9a55-1f2e3d4c5b6a:live",
  e: "2",
  s: "7",
  o: "op",
  k: "usage",
  t: "5",
  d: "-5",
  b: "95",
  g: "g-1,-5;",
  p: "vto-001",
  c: "5",
  n: "1795240000000",
};

describe("an entry of the outbox", () => {
  it("is read whole", () => {
    expect(readEntry("1-0", { ...fields, m: '{"s":"sess","m":{"a":1}}' })).toMatchObject({
      account: fields.a,
      mode: "live",
      epoch: 2,
      seq: 7,
      kind: "usage",
      tokens: 5,
      delta: -5,
      balanceAfter: 95,
      price: 5,
      grantParts: [["g-1", -5]],
      details: { s: "sess", m: { a: 1 } },
    });
  });

  it.each([
    ["a kind that is not known", { k: "loan" }],
    ["a reservation that is no UUID", { v: "one" }],
    ["details that are no JSON", { m: "{" }],
    ["an amount that is no number", { t: "0x10" }],
    ["no time", { n: "" }],
    ["a time that no date holds", { n: "8640000000000001" }],
    ["an end that no date holds", { x: "9999999999999999" }],
    ["a time too long to be exact", { n: "9999999999999999" }],
    ["a negative amount", { t: "-1" }],
    ["a price that is no number", { c: "five" }],
    ["an end that is no number", { x: "1e3" }],
    ["an intent that is no UUID", { j: "00000000-0000-0000-0000-00000000000g" }],
    ["a use given back that is no UUID", { z: "" }],
    ["details that are no object", { m: "[]" }],
    ["details that are nothing", { m: "null" }],
    ["a session that is no text", { m: '{"s":1}' }],
    ["metadata that is a list", { m: '{"m":["a"]}' }],
    ["metadata with an object in it", { m: '{"m":{"a":{}}}' }],
    ["metadata with a number that is none", { m: '{"m":{"a":1e999}}' }],
  ])("keeps its place with %s", (_, change) => {
    const read = readEntry("1-0", { ...fields, ...change });
    expect(read).toMatchObject({ account: fields.a, epoch: 2, seq: 7, delta: -5, balanceAfter: 95 });
    expect(read).toHaveProperty("error");
  });

  it("says what is missing where it has no parts", () => {
    const { g: _, ...without } = fields;
    expect(readEntry("1-0", without)).toMatchObject({ seq: 7, error: "The entry has no parts" });
  });

  it.each([1, 80])("has its place with an operation of %i characters", (length) => {
    const read = readEntry("1-0", { ...fields, o: "x".repeat(length) });
    expect(read).toMatchObject({ account: fields.a, seq: 7, operationId: "x".repeat(length) });
  });

  it.each([
    ["no account", { a: "" }],
    ["an account that is no UUID", { a: `${"-".repeat(36)}:live` }],
    ["a mode that is none", { a: fields.a.replace("live", "demo") }],
    ["a negative balance", { b: "-1" }],
    ["no sequence", { s: "0" }],
    ["a sequence too long to be exact", { s: "12345678901234567" }],
    ["a sequence past what is exact", { s: "9007199254740992" }],
    ["no operation", { o: "" }],
    ["an operation that is too long", { o: "x".repeat(81) }],
    ["a change that is no number", { d: "--5" }],
    ["an epoch with a sign", { e: "+2" }],
  ])("has no place with %s, and never throws", (_, change) => {
    const read = readEntry("1-0", { ...fields, ...change });
    expect(read).not.toHaveProperty("account");
    expect(read).toMatchObject({ streamId: "1-0", error: expect.any(String) });
  });
});

describe("the place of an event in its chain", () => {
  const head = { epoch: 2, seq: 6, balance: 100, forked: false };
  const event = { epoch: 2, seq: 7, delta: -5, balanceAfter: 95 };
  it.each([
    ["next", "what follows", head, event],
    ["fork", "a gap", head, { ...event, seq: 8 }],
    ["fork", "a balance that does not follow", head, { ...event, balanceAfter: 96 }],
    ["fork", "an epoch to come", head, { ...event, epoch: 3 }],
    ["fork", "anything after a fork", { ...head, forked: true }, event],
    ["fork", "an account nobody knows", undefined, event],
    ["seen", "a place that is taken", head, { ...event, seq: 6 }],
    ["seen", "an epoch that is over", head, { ...event, epoch: 1, seq: 99 }],
  ] as const)("is %s for %s", (place, _, at, what) => {
    expect(placeOf(at, what)).toBe(place);
  });
});
