import fc from "fast-check";
import { describe, expect, it } from "vitest";
import seed from "@/db/seed/catalog.json" with { type: "json" };
import { covers, waysToPay } from "./rules";

const offers = { plans: seed.plans, packs: seed.packs };
const plan = (id: string, inForce = true) => ({ plan: { id, name: id }, inForce });

describe("what a subscription opens", () => {
  it("its own tier and those below it", () => {
    expect(covers(plan("professional"), "starter")).toBe(true);
    expect(covers(plan("professional"), "professional")).toBe(true);
    expect(covers(plan("starter"), "professional")).toBe(false);
    expect(covers(plan("enterprise"), "enterprise")).toBe(true);
  });

  it("nothing once it has ended, and nothing for a plan without a rank", () => {
    expect(covers(plan("enterprise", false), "starter")).toBe(false);
    expect(covers(plan("somebody's"), "starter")).toBe(false);
  });

  it("everything for a brand without one", () => {
    expect(covers({ plan: null, inForce: true }, "enterprise")).toBe(true);
  });
});

describe("ways to pay", () => {
  it("begin with the cheapest, and leave out plans that do not open the app", () => {
    const ways = waysToPay(offers, "professional", 10_000);
    expect(ways.map(({ id }) => id)).toEqual(["professional", "enterprise"]);
    expect(ways[0]).toMatchObject({ packs: [], priceCents: 19_900 });
  });

  it("fill a small plan up with packs", () => {
    expect(waysToPay(offers, "starter", 2_500)[0]).toEqual({
      id: "starter",
      plan: "Starter",
      packs: [{ tokens: 1_000, count: 2 }],
      priceCents: 2_900 + 7_800,
    });
  });

  it("have unlimited win where a pack upon a pack would cost more", () => {
    expect(waysToPay(offers, "starter", 1_000_000)[0]?.id).toBe("enterprise");
  });

  it("buy enough, and no combination of packs would do it for less", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (tokens) => {
        const way = waysToPay(offers, "starter", tokens).find(({ id }) => id === "starter");
        const bought = way?.packs.reduce((sum, pack) => sum + pack.tokens * pack.count, 0) ?? 0;
        expect(1_000 + bought).toBeGreaterThanOrEqual(tokens);
        let cheapest = Number.POSITIVE_INFINITY;
        for (let tens = 0; tens <= 6; tens++)
          for (let fives = 0; fives <= 12; fives++) {
            const ones = Math.max(0, Math.ceil((tokens - 1_000 - tens * 10_000 - fives * 5_000) / 1_000));
            cheapest = Math.min(cheapest, tens * 29_900 + fives * 17_900 + ones * 3_900);
          }
        expect((way?.priceCents ?? 0) - 2_900).toBe(cheapest);
      }),
    );
  });
});
