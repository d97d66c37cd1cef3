import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, type Facts, formatTokens } from "./words";

/** A day's or a month's use has reached what the brand wants to be told of; nothing is stopped by it. */
export function reachedUse(facts: Facts<"use_reached">, reader: Reader): MailContent {
  const span = facts.period === "day" ? "today" : "this month";
  const title = `${formatTokens(facts.tokens)} used ${span}`;
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview="You asked to be told. Nothing is stopped."
        title={title}
        why={because(reader)}
        action={{ label: "See billing", href: billingPage(reader) }}
      >
        <Say>You asked to be told at this use. Your widgets go on; a cap on the billing page would stop them.</Say>
        <Figures
          rows={[
            [facts.period === "day" ? "Used today (UTC)" : "Used this month (UTC)", formatTokens(facts.tokens)],
            ["You asked to be told at", formatTokens(facts.threshold)],
          ]}
        />
      </MailLayout>
    ),
  };
}
