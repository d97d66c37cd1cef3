import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, cardName, day, type Facts, formatMoney, monthly } from "./words";

/** A plan will be charged again in a few days. */
export function renewalAhead(facts: Facts<"renewal_ahead">, reader: Reader): MailContent {
  const amount = formatMoney(facts.amount, facts.currency);
  const when = day(facts.renews_at, reader);
  return {
    subject: `${facts.plan} renews on ${when} for ${amount}`,
    body: (
      <MailLayout
        reader={reader}
        preview={`Nothing to do if you want to go on.`}
        title={`${facts.plan} renews on ${when}`}
        why={because(reader)}
        action={{ label: "Open billing", href: billingPage(reader) }}
      >
        <Say>
          {facts.card
            ? `We will charge your ${cardName(facts.card)}. There is nothing to do if you want to go on.`
            : "There is no card on file. Add one before that day, so that your apps go on."}
        </Say>
        <Figures
          rows={[
            ["Plan", facts.plan],
            ["Renews", when],
            ["Tokens", monthly(facts.tokens)],
          ]}
          total={["To be charged", amount]}
        />
        <Say>What is left of this month&rsquo;s plan tokens ends on that day; tokens from packs stay.</Say>
      </MailLayout>
    ),
  };
}
