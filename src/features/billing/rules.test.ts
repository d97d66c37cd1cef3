import { describe, expect, it } from "vitest";
import { graceEnd, planInForce, receiptOf, revokedTokens, shareOfPlan, statusOf } from "./rules";

const rank = (id: string) => ["starter", "professional", "enterprise"].indexOf(id);
const day = (n: number) => new Date(Date.UTC(2026, 0, n));

describe("the plan in force", () => {
  const before = { planId: "professional", periodEnd: day(31), sameSubscription: true };
  const now = (planId: string, start: Date, status: "active" | "past_due" = "active") => ({
    planId,
    status,
    periodStart: start,
  });

  it("is the lower one only once its period has begun", () => {
    expect(planInForce(before, now("starter", day(1)), rank)).toEqual({
      planId: "professional",
      pendingPlanId: "starter",
    });
    expect(planInForce(before, now("starter", day(31)), rank)).toEqual({ planId: "starter", pendingPlanId: null });
    expect(planInForce(before, now("professional", day(1)), rank)).toEqual({
      planId: "professional",
      pendingPlanId: null,
    });
  });

  it("is the higher one at once, where it is paid", () => {
    expect(planInForce(before, now("enterprise", day(10)), rank).planId).toBe("enterprise");
    expect(planInForce(before, now("enterprise", day(10), "past_due"), rank)).toEqual({
      planId: "professional",
      pendingPlanId: "enterprise",
    });
  });

  it("is what the subscription says where there was none, or another", () => {
    expect(planInForce(null, now("starter", day(1)), rank).planId).toBe("starter");
    expect(planInForce({ ...before, sameSubscription: false }, now("starter", day(1)), rank).planId).toBe("starter");
  });
});

describe("money and tokens", () => {
  it("a part given back takes its part of the tokens, rounded in the brand's favour", () => {
    const pack = { tokens: 1_000, priceCents: 3_900 };
    expect(revokedTokens(pack, 0)).toBe(0);
    expect(revokedTokens(pack, 1_300)).toBe(333);
    expect(revokedTokens(pack, 3_899)).toBe(999);
    expect(revokedTokens(pack, 3_900)).toBe(1_000);
    expect(revokedTokens(pack, 7_800)).toBe(1_000);
  });

  it("a part of a period gives its part of the plan, rounded in the brand's favour", () => {
    const plan = { tokens: 10_000, priceCents: 19_900 };
    expect(shareOfPlan(plan, 19_900)).toBe(10_000);
    expect(shareOfPlan(plan, 9_951)).toBe(5_001);
    expect(shareOfPlan(plan, 1)).toBe(1);
  });
});

it("what is not paid yet is no subscription, and a pause is like not paying", () => {
  expect(
    ["incomplete", "incomplete_expired", "active", "trialing", "past_due", "unpaid", "paused", "canceled"].map(
      statusOf,
    ),
  ).toEqual([null, null, "active", "active", "past_due", "unpaid", "unpaid", "canceled"]);
  expect(graceEnd(day(1))).toEqual(day(15));
});

describe("a receipt", () => {
  const plan = { description: "Professional", amount: 19_900 };
  const none = { total_discount_amounts: [], total_taxes: [] };
  const sum = ({ lines, tax }: ReturnType<typeof receiptOf>) =>
    lines.reduce((all, { amount }) => all + amount, 0) + tax;

  it.each([
    ["as it is", { ...none, lines: { data: [plan] }, total: 19_900, amount_paid: 19_900 }],
    ["of what a credit covered in part", { ...none, lines: { data: [plan] }, total: 19_900, amount_paid: 4_900 }],
    [
      "of what leaves a credit",
      { ...none, lines: { data: [plan, { description: null, amount: -20_900 }] }, total: -1_000, amount_paid: 0 },
    ],
    [
      "with a discount and tax upon it",
      {
        ...{ lines: { data: [plan] }, total: 21_539, amount_paid: 21_539 },
        total_discount_amounts: [{ amount: 1_800 }],
        total_taxes: [{ amount: 3_439, tax_behavior: "exclusive" }],
      },
    ],
    [
      "with tax in its prices",
      {
        ...{ ...none, lines: { data: [plan] }, total: 19_900, amount_paid: 19_900 },
        total_taxes: [{ amount: 3_177, tax_behavior: "inclusive" }],
      },
    ],
  ])("%s adds up to what was paid", (_, invoice) => {
    const receipt = receiptOf(invoice);
    expect(receipt.total).toBe(invoice.amount_paid);
    expect(sum(receipt)).toBe(invoice.amount_paid);
  });
});
