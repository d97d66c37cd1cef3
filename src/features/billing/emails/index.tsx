import type { MailContent, Reader } from "@/features/notifications/emails/layout";
import { type BillingMail, billingMail } from "../mail/contract";
import { cancelled } from "./cancelled";
import { cardExpiring } from "./card-expiring";
import { confirmPayment } from "./confirm-payment";
import { lowBalance } from "./low-balance";
import { paidTwice } from "./paid-twice";
import { paymentFailed } from "./payment-failed";
import { planChanged } from "./plan-changed";
import { receipt } from "./receipt";
import { renewalAhead } from "./renewal-ahead";
import { topUpDone, topUpFailed } from "./top-up";
import { reachedUse } from "./use-reached";

/** What a mail about money says. */
export function contentOf(mail: BillingMail, reader: Reader): MailContent {
  switch (mail.kind) {
    case "receipt":
      return receipt(mail, reader);
    case "renewal_ahead":
      return renewalAhead(mail, reader);
    case "payment_failed":
      return paymentFailed(mail, reader);
    case "confirm_payment":
      return confirmPayment(mail, reader);
    case "paid_twice":
      return paidTwice(mail, reader);
    case "card_expiring":
      return cardExpiring(mail, reader);
    case "plan_changed":
      return planChanged(mail, reader);
    case "top_up_done":
      return topUpDone(mail, reader);
    case "top_up_failed":
      return topUpFailed(mail, reader);
    case "low_balance":
      return lowBalance(mail, reader);
    case "use_reached":
      return reachedUse(mail, reader);
    case "cancelled":
      return cancelled(mail, reader);
  }
}

/**
 * What a queued mail says, if it is one about money (`billing.…`).
 * @throws ZodError where its facts do not fit
 */
export function billingContent(kind: string, facts: Record<string, unknown>, reader: Reader): MailContent | undefined {
  if (!kind.startsWith("billing.")) return undefined;
  return contentOf(billingMail.parse({ ...facts, kind: kind.slice("billing.".length) }), reader);
}
