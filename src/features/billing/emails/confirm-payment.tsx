import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, dayAndHour, type Facts, formatMoney } from "./words";

/** The bank wants a person to confirm the payment of a higher plan. */
export function confirmPayment(facts: Facts<"confirm_payment">, reader: Reader): MailContent {
  const amount = formatMoney(facts.amount, facts.currency);
  const title = `Confirm your payment of ${amount} for ${facts.plan}`;
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview={`${facts.plan} begins as soon as you have.`}
        title={title}
        why={because(reader)}
        action={{ label: "Confirm the payment", href: facts.invoice_url }}
      >
        <Say>
          Your bank asks you to confirm it. {facts.plan} begins as soon as you have; until then your present plan goes
          on and nothing is charged.
        </Say>
        <Figures
          rows={[
            ["Plan", facts.plan],
            ["Waits until", dayAndHour(facts.until, reader)],
          ]}
          total={["To pay", amount]}
        />
        <Say>After that the change lapses, and you can ask for it again.</Say>
      </MailLayout>
    ),
  };
}
