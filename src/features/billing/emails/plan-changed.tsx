import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, day, type Facts, formatMoney, formatTokens, list, monthly } from "./words";

/** Another plan holds, or will at the end of the period. */
export function planChanged(facts: Facts<"plan_changed">, reader: Reader): MailContent {
  const when = day(facts.effective_at, reader);
  const title =
    facts.timing === "now"
      ? `You are on ${facts.to} now`
      : `${facts.from ?? "Your plan"} becomes ${facts.to} on ${when}`;
  const apps = facts.paused_apps;
  const price = `${formatMoney(facts.price, facts.currency)} ${facts.cycle === "yearly" ? "a year" : "a month"}`;
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview={`${monthly(facts.tokens_per_month)}, ${price}`}
        title={title}
        why={because(reader)}
        action={{ label: "Open billing", href: billingPage(reader) }}
      >
        <Say>
          {facts.timing === "now"
            ? "The change holds at once."
            : "Until then everything stays as it is, and you can change your mind on the billing page."}
        </Say>
        <Figures
          rows={[
            ["Before", facts.from],
            ["Plan", facts.to],
            ["Tokens", monthly(facts.tokens_per_month)],
            ["Price", price],
            ["From", when],
            ["Tokens added today", facts.granted ? formatTokens(facts.granted) : null],
            ["Charged today", facts.charged === null ? null : formatMoney(facts.charged, facts.currency)],
          ]}
        />
        {apps.length > 0 && (
          <Say>
            {facts.to} does not cover {list(apps)}. {apps.length === 1 ? "It is" : "They are"} paused
            {facts.timing === "now" ? "" : ` on ${when}`}; settings are kept.
          </Say>
        )}
      </MailLayout>
    ),
  };
}
