import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, cardName, day, type Facts } from "./words";

/** The card that pays will stop to be valid. */
export function cardExpiring(facts: Facts<"card_expiring">, reader: Reader): MailContent {
  const end = `${String(facts.month).padStart(2, "0")}/${facts.year}`;
  return {
    subject: `${cardName(facts.card)} expires in ${end}`,
    body: (
      <MailLayout
        reader={reader}
        preview="Add another card, so that nothing pauses."
        title={`Your card expires in ${end}`}
        why={because(reader)}
        action={{ label: "Update the card", href: billingPage(reader) }}
      >
        <Say>
          {facts.next_charge_at
            ? `The next charge is on ${day(facts.next_charge_at, reader)}. Add another card before it, so that nothing pauses.`
            : "Add another card before you buy tokens again."}
        </Say>
        <Figures
          rows={[
            ["Card", cardName(facts.card)],
            ["Valid until the end of", end],
          ]}
        />
      </MailLayout>
    ),
  };
}
