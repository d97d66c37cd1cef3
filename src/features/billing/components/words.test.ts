import { describe, expect, it } from "vitest";
import { agreementWords, lateWords, whileLate } from "./words";

describe("what is said while a payment is late", () => {
  it("is that apps go on, as long as there are tokens to go on with", () => {
    expect(lateWords("past_due", false)).toMatchObject({
      kind: "soon",
      text: expect.stringContaining("Your apps go on"),
    });
    expect(lateWords("unpaid", false)).toMatchObject({ kind: "stopped", text: expect.stringContaining("go on") });
    for (const status of ["past_due", "unpaid"] as const) {
      const { kind, title, text } = lateWords(status, true);
      expect([kind, title]).toEqual(["stopped", expect.stringContaining("the tokens have run out")]);
      expect(text).toContain("widgets are paused");
      expect(text).not.toContain("go on");
    }
  });

  it("is the same on the billing page, with the day until which it holds", () => {
    const starter = { plan: { name: "Starter" }, unlimited: false, balance: 40 };
    expect(whileLate(starter, "6 Dec")).toBe(
      "Your apps go on until 6 Dec, with the tokens you have. Those of Starter for this period arrive with the payment.",
    );
    expect(whileLate({ ...starter, balance: 0 }, "6 Dec")).toBe(
      "Your tokens have run out, so your widgets are paused. Those of Starter for this period arrive with the payment.",
    );
    expect(whileLate({ ...starter, unlimited: true, balance: null }, "6 Dec")).toContain("unlimited tokens go on");
    expect(whileLate(starter, null)).toContain("with the tokens you have");
    const after = whileLate({ ...starter, balance: 0 }, null);
    expect(after).toContain("widgets are paused");
    expect(after).toContain("no app can be turned on");
  });
});

describe("the comparison of what was paid, granted and metered", () => {
  it("is told with what it found, and not where there was none yet", () => {
    const found = { subject: "pi_1", what: "paid 3900 cents, and nothing was granted for it" };
    expect(agreementWords({ checkedAt: null, findings: [] })).toBeNull();
    expect(agreementWords({ checkedAt: "2026-11-22T09:00:00Z", findings: [] })).toMatchObject({ tone: "done" });
    expect(agreementWords({ checkedAt: "2026-11-22T09:00:00Z", findings: [found] })).toEqual({
      ...{ tone: "stopped", word: "1 thing to look at" },
      text: "What you paid, what you were granted and what the meter holds do not agree everywhere. Our people see it too.",
    });
    expect(agreementWords({ checkedAt: "2026-11-22T09:00:00Z", findings: [found, found] })?.word).toContain("2 things");
  });
});
