import { describe, expect, it } from "vitest";
import { renderMail } from "../../emails/layout";
import { webhookContent } from ".";

const reader = {
  name: "Ada",
  brand: "Northlight & Sons <Optics>",
  timeZone: "Europe/Berlin",
  url: "https://apps.example",
};
const facts = {
  endpoint_id: "0197a3c0-0000-7000-8000-000000000001",
  host: "hooks.example.com",
  since: "2026-11-18T23:30:00.000Z",
  error: "It answered 500.",
};

describe("mails about webhooks", () => {
  it.each(["webhooks.failing", "webhooks.disabled", "webhooks.gone"])(
    "%s says which endpoint, what went wrong and what to do",
    async (kind) => {
      const { subject, text, html } = await renderMail(webhookContent(kind, facts, reader) ?? expect.fail());
      expect(subject).toContain("hooks.example.com");
      expect(text).toContain("It answered 500.");
      expect(text).toContain(`https://apps.example/settings/webhooks/${facts.endpoint_id}`);
      // By the brand's clock it was the next day already.
      if (kind !== "webhooks.gone") expect(text).toContain("19 Nov 2026");
      expect(html).toContain("Northlight &amp; Sons &lt;Optics&gt;");
      expect(text).not.toMatch(/undefined|null|!/);
    },
  );

  it("are no other feature's", () => {
    expect(webhookContent("billing.receipt", {}, reader)).toBeUndefined();
    expect(() => webhookContent("webhooks.failing", { ...facts, since: "yesterday" }, reader)).toThrow();
  });
});
