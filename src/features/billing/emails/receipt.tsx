import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, cardName, day, dayAndHour, type Facts, formatMoney, formatTokens } from "./words";

/** Money has come in. */
export function receipt(facts: Facts<"receipt">, reader: Reader): MailContent {
  const total = formatMoney(facts.total, facts.currency);
  const tokens = facts.tokens === null ? "Unlimited" : facts.tokens > 0 ? formatTokens(facts.tokens) : null;
  return {
    subject: `Receipt for ${total}${facts.number ? `, ${facts.number}` : ""}`,
    body: (
      <MailLayout
        reader={reader}
        preview={`${facts.lines[0]?.description ?? "Payment"}, paid on ${day(facts.paid_at, reader)}`}
        title={`Paid: ${total}`}
        why={because(reader)}
        action={
          facts.invoice_url
            ? { label: facts.number ? "View the invoice" : "View the receipt", href: facts.invoice_url }
            : { label: "Open billing", href: billingPage(reader) }
        }
      >
        <Say>Thank you. {facts.card ? `We charged your ${cardName(facts.card)}.` : "The payment has arrived."}</Say>
        <Figures
          rows={[
            ...facts.lines.map((line) => [line.description, formatMoney(line.amount, facts.currency)] as const),
            ["Tax", facts.tax === 0 ? null : formatMoney(facts.tax, facts.currency)],
          ]}
          total={["Total", total]}
        />
        <Figures
          rows={[
            ["Paid", dayAndHour(facts.paid_at, reader)],
            ["Invoice", facts.number],
            ["Tokens added", tokens],
            [
              "Tokens valid until",
              facts.tokens_expire_at && tokens ? dayAndHour(facts.tokens_expire_at, reader) : null,
            ],
          ]}
        />
      </MailLayout>
    ),
  };
}
