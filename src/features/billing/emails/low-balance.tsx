import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, type Facts, formatTokens } from "./words";

/** Few tokens are left, or none. */
export function lowBalance(facts: Facts<"low_balance">, reader: Reader): MailContent {
  const left = facts.balance === 0 ? "No tokens left" : `${formatTokens(facts.balance)} left`;
  return {
    subject: left,
    body: (
      <MailLayout
        reader={reader}
        preview={facts.balance === 0 ? "Your widgets are paused; nothing was lost." : "Buy a pack or upgrade to go on."}
        title={left}
        why={because(reader)}
        action={{ label: "Buy tokens", href: billingPage(reader) }}
      >
        <Say>
          {facts.balance === 0
            ? "Your widgets are paused; nothing was lost, and your shop goes on. Buy a pack or upgrade to go on."
            : `Your balance fell to ${formatTokens(facts.threshold)} or less. At zero your widgets pause until there are tokens again.`}
        </Say>
        <Figures
          rows={[
            ["Balance", formatTokens(facts.balance)],
            ["You asked to be told at", formatTokens(facts.threshold)],
            ["Auto top-up", facts.top_up ? "On" : "Off, or at its limit for the month"],
          ]}
        />
      </MailLayout>
    ),
  };
}
