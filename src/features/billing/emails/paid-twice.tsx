import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, type Facts, formatMoney } from "./words";

/** Two checkouts for a plan were paid: one counts, and the money of the other comes back. */
export function paidTwice(facts: Facts<"paid_twice">, reader: Reader): MailContent {
  const amount = formatMoney(facts.amount, facts.currency);
  const title = `You paid for a second plan: ${amount} come back to you`;
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview="The second one is cancelled. You need not do anything."
        title={title}
        why={because(reader)}
        action={{ label: "Open billing", href: billingPage(reader) }}
      >
        <Say>
          Two checkouts for a plan were paid at nearly the same moment. A brand has one plan, so the second one was
          cancelled at once, and all of its money goes back to the card. Banks take some days to show it.
        </Say>
        <Figures rows={[["Second plan", facts.plan]]} total={["Comes back", amount]} />
        <Say>The first plan and its tokens are as they were. You need not do anything.</Say>
      </MailLayout>
    ),
  };
}
