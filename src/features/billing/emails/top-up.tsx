import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, cardName, type Facts, formatMoney, formatTokens } from "./words";

/** Tokens were bought without anybody at the keyboard. */
export function topUpDone(facts: Facts<"top_up_done">, reader: Reader): MailContent {
  const amount = formatMoney(facts.amount, facts.currency);
  const tokens = formatTokens(facts.tokens);
  return {
    subject: `Auto top-up: ${tokens} for ${amount}`,
    body: (
      <MailLayout
        reader={reader}
        preview={`Your balance fell to ${formatTokens(facts.threshold)} or less.`}
        title={`${tokens} were added`}
        why={because(reader)}
        action={
          facts.receipt_url
            ? { label: "View the receipt", href: facts.receipt_url }
            : { label: "Open billing", href: billingPage(reader) }
        }
      >
        <Say>
          Your balance fell to {formatTokens(facts.threshold)} or less, so we bought a pack, as you asked us to.
          {facts.card && ` We charged your ${cardName(facts.card)}.`}
        </Say>
        <Figures
          rows={[
            ["Tokens added", tokens],
            ["Balance after it", facts.balance === null ? null : formatTokens(facts.balance)],
            [
              "Auto top-ups this month",
              `${formatMoney(facts.spent_this_month, facts.currency)} of at most ${formatMoney(facts.monthly_limit, facts.currency)}`,
            ],
          ]}
          total={["Charged", amount]}
        />
      </MailLayout>
    ),
  };
}

/** Tokens should have been bought, and the charge was refused. */
export function topUpFailed(facts: Facts<"top_up_failed">, reader: Reader): MailContent {
  const tokens = formatTokens(facts.tokens);
  return {
    subject: `Auto top-up failed: ${tokens} were not bought`,
    body: (
      <MailLayout
        reader={reader}
        preview={`${facts.reason}. Auto top-up is off until you turn it on again.`}
        title={`${tokens} were not bought`}
        why={because(reader)}
        action={{ label: "Open billing", href: billingPage(reader) }}
      >
        <Say>
          {facts.reason}. Nothing was charged. Auto top-up is off until you turn it on again, so that a card is not
          tried over and over.
        </Say>
        <Figures
          rows={[
            ["Pack", tokens],
            ["Price", formatMoney(facts.amount, facts.currency)],
            ["Balance", facts.balance === null ? null : formatTokens(facts.balance)],
          ]}
        />
        <Say>When no token is left, your widgets pause; your shop goes on.</Say>
      </MailLayout>
    ),
  };
}
