import { expect, it } from "vitest";
import { type BrandState, readings, wordsOf } from "./rules";

it("a share of the plan is reached with the token that makes it whole, and said as it is", () => {
  for (let percent = 1; percent <= 100; percent++) {
    const plan = { name: "Professional", tokens: 10_000, period: "2026-11-01", used: percent * 100 };
    const at = (used: number) =>
      readings("plan_used", percent, { plan: { ...plan, used } } as unknown as BrandState)[0];
    expect(at(plan.used)).toMatchObject({ over: true });
    expect(at(plan.used - 1)).toMatchObject({ over: false });
    const { title } = wordsOf("plan_used", percent, "", { ...plan, plan: plan.name });
    expect(title).toBe(`${percent}% of this period’s plan is used`);
  }
});
