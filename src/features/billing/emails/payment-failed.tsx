import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, cardName, day, dayAndHour, type Facts, formatMoney } from "./words";

/** A plan's charge was refused. */
export function paymentFailed(facts: Facts<"payment_failed">, reader: Reader): MailContent {
  const amount = formatMoney(facts.amount, facts.currency);
  const { grace_ends_at: grace, next_attempt_at: next } = facts;
  return {
    subject: `Your payment of ${amount} did not go through`,
    body: (
      <MailLayout
        reader={reader}
        preview={grace ? `Your apps go on until ${day(grace, reader)}.` : "Pay the invoice to go on."}
        title={`Your payment of ${amount} did not go through`}
        why={because(reader)}
        action={
          facts.invoice_url
            ? { label: "Pay the invoice", href: facts.invoice_url }
            : { label: "Update the card", href: billingPage(reader) }
        }
      >
        <Say>
          {facts.reason}.{" "}
          {grace
            ? `Until ${day(grace, reader)} your apps go on with the tokens you have; those of ${facts.plan} for this period arrive with the payment.`
            : "No plan tokens are added, and no app can be turned on. Apps that are on go on with tokens from packs."}
        </Say>
        <Figures
          rows={[
            ["Plan", facts.plan],
            ["Card", facts.card ? cardName(facts.card) : null],
            ["Next attempt", next ? dayAndHour(next, reader) : "None: this was the last"],
          ]}
          total={["Open", amount]}
        />
      </MailLayout>
    ),
  };
}
