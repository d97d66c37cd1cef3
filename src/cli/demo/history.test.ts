import { describe, expect, it } from "vitest";
import { readEntry } from "@/features/metering/ledger/rules";
import { unpackGrants } from "@/features/metering/rules";
import { uuidv7 } from "@/lib/ids";
import { DAY, DAYS, historyOf } from "./history";

const now = Date.UTC(2026, 10, 21, 12);
const account = "018f0000-0000-7000-8000-000000000000:live";
const [pack, first, second] = [uuidv7(now), uuidv7(now), uuidv7(now)];
const grants = [
  { id: pack, source: "pack", tokens: 5_000, at: now - DAYS * DAY, expiresAt: null },
  { id: first, source: "plan", tokens: 10_000, at: now - 48 * DAY, expiresAt: now - 18 * DAY },
  { id: second, source: "plan", tokens: 10_000, at: now - 18 * DAY, expiresAt: now + 12 * DAY },
] as const;
const past = historyOf({ account, keyId: "ak_live_demo", epoch: 1, grants }, now);
const entries = past.events.map((event, i) => {
  const entry = readEntry(`${i}-0`, event);
  if (!("kind" in entry)) throw new Error(entry.error);
  return entry;
});

describe("the demo brand's past", () => {
  it("is a chain: numbers without a gap, each balance from the one before, in the order of time, never below zero", () => {
    let balance = 0;
    let at = 0;
    for (const [i, entry] of entries.entries()) {
      balance += entry.delta;
      expect([entry.seq, entry.balanceAfter]).toEqual([i + 1, balance]);
      expect(entry.balanceAfter).toBeGreaterThanOrEqual(0);
      expect(entry.grantParts.reduce((sum, [, delta]) => sum + delta, 0)).toBe(entry.delta);
      expect(entry.occurredAt.getTime()).toBeGreaterThanOrEqual(at);
      at = entry.occurredAt.getTime();
    }
    expect(past.balance).toBe(balance);
    expect(at).toBeLessThan(now);
  });

  it("leaves in each grant what its parts leave, and counts nothing that is over", () => {
    const left = new Map<string, number>();
    for (const { grantParts } of entries)
      for (const [id, delta] of grantParts) left.set(id, (left.get(id) ?? 0) + delta);
    expect(left.get(first)).toBe(0);
    const held = unpackGrants(past.packed);
    expect(held.map(({ id, remaining }) => [id, remaining])).toEqual(
      [second, pack].flatMap((id) => (left.get(id) ? [[id, left.get(id)]] : [])),
    );
    expect(held.reduce((sum, { remaining }) => sum + remaining, 0)).toBe(past.balance);
    expect(past.due).toBe(now + 12 * DAY);
  });

  it("has uses on every day, more at the weekend and in the campaign, and enough tokens left to go on with", () => {
    const days = new Map<number, number>();
    for (const { kind, occurredAt } of entries) {
      const day = Math.floor(occurredAt.getTime() / DAY);
      if (kind === "usage") days.set(day, (days.get(day) ?? 0) + 1);
    }
    expect(days.size).toBe(DAYS + 1);
    const on = (weekdays: readonly number[]) => {
      const some = [...days].filter(([day]) => weekdays.includes(new Date(day * DAY).getUTCDay()));
      return some.reduce((sum, [, uses]) => sum + uses, 0) / some.length;
    };
    expect(on([0, 6])).toBeGreaterThan(on([1, 2, 3, 4, 5]) * 1.15);
    expect(past.balance).toBeGreaterThan(2_000);
  });

  it("is the same for the same moment, but for the ids", () => {
    const again = historyOf({ account, keyId: "ak_live_demo", epoch: 1, grants }, now);
    expect(again.events.map(({ d, n }) => [d, n])).toEqual(past.events.map(({ d, n }) => [d, n]));
  });
});
