import { describe, expect, it } from "vitest";
import { renderMail } from "@/features/notifications/emails/layout";
import { BILLING_MAILS } from "@/test/billing-mails";
import { billingMail } from "../mail/contract";
import { billingContent, contentOf } from ".";

const reader = {
  name: "Ada",
  brand: "Northlight & Sons <Optics>",
  timeZone: "Europe/Berlin",
  url: "https://apps.example",
};
const rendered = (mail: (typeof BILLING_MAILS)[number]) => renderMail(contentOf(mail, reader));

describe("mails about money", () => {
  it("exist for every kind, and every sample is what may be queued", () => {
    const kinds = billingMail.options.map((option) => option.shape.kind.value);
    expect(new Set(BILLING_MAILS.map((mail) => mail.kind))).toEqual(new Set(kinds));
    for (const mail of BILLING_MAILS) expect(billingMail.parse(mail)).toEqual(mail);
  });

  it.each(BILLING_MAILS.map((mail) => [mail.kind, mail] as const))(
    "%s says its figures with their units",
    async (_, mail) => {
      const { subject, html, text } = await rendered(mail);
      expect(subject.length).toBeLessThan(100);
      for (const part of [subject, text]) expect(part).not.toMatch(/undefined|null|NaN|\[object|Invalid/);
      // Every amount of tokens and money in the facts stands in the text, with its unit.
      const amounts = Object.entries(mail).flatMap(([name, value]) =>
        typeof value !== "number" || name === "month" || name === "year"
          ? []
          : ["tokens", "tokens_per_month", "granted", "balance", "threshold", "pack_tokens"].includes(name)
            ? [`${value.toLocaleString("en-US")} ${value === 1 ? "token" : "tokens"}`]
            : name === "tax" && value === 0
              ? []
              : [`$${(value / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`],
      );
      const plain = text.replace(/\s+/g, " ");
      for (const amount of amounts) {
        if (mail.kind === "top_up_failed" && amount === "500 tokens") continue;
        expect(plain).toContain(amount);
      }
      expect(html).toContain("prefers-color-scheme: dark");
      expect(html).toContain('lang="en"');
      expect(text).toContain("Times are in Europe/Berlin");
      expect(text).not.toMatch(/!|credit/i);
    },
  );

  it("lets no brand's name become markup", async () => {
    for (const mail of BILLING_MAILS) {
      const { html } = await rendered(mail);
      expect(html).toContain("Northlight &amp; Sons &lt;Optics&gt;");
    }
  });

  it("says what is paused, and keeps what stays", async () => {
    const down = BILLING_MAILS.find((mail) => mail.kind === "plan_changed" && mail.timing === "scheduled");
    const { text, subject } = await rendered(down ?? expect.fail());
    expect(subject).toBe("Professional becomes Starter on 21 Dec 2026");
    expect(text.replace(/\s+/g, " ")).toContain(
      "Starter does not cover Virtual Try-On, Face Shape Analyzer and Style Advisor. They are paused on 21 Dec 2026",
    );
  });

  it("are found by their name in the queue, and by no other", () => {
    const { kind, ...facts } = BILLING_MAILS[0] ?? expect.fail();
    expect(billingContent(`billing.${kind}`, facts, reader)?.subject).toBe("Receipt for $236.81, NLO-0007");
    expect(billingContent("team.invited", facts, reader)).toBeUndefined();
    expect(() => billingContent("billing.low_balance", facts, reader)).toThrow();
  });
});
