import type { Desk } from "../desk";
import { missing } from "../failure";
import { authenticate } from "./authenticate";
import type { Form } from "./card-form";
import { checkoutPage, type PageAnswer, submitCheckout } from "./checkout";
import { homePage, submitHome } from "./home";
import { invoicePage, invoicePdf, receiptPage, submitInvoice } from "./invoice";
import { portalPage, submitPortal } from "./portal";

export type Answer = PageAnswer | { status: 200; pdf: Buffer; disposition: string };

/** The page at an address, or what comes of a form sent there. */
export function runPage(desk: Desk, method: string, url: URL, form: Form): Answer {
  const { world } = desk;
  const [, room = "", id = "", part = ""] = url.pathname.split("/");
  const sent = method === "POST";
  switch (room) {
    case "":
      return sent ? submitHome(desk, form) : homePage(desk);
    case "checkout": {
      const session = world.store.get("checkout.session", id);
      return sent ? submitCheckout(world, session, form) : checkoutPage(world, session);
    }
    case "portal": {
      const session = world.store.get("billing_portal.session", id);
      return sent ? submitPortal(world, session, form) : portalPage(world, session);
    }
    case "invoices": {
      const invoice = world.store.get("invoice", id);
      if (part === "pdf")
        return { status: 200, pdf: invoicePdf(invoice), disposition: `attachment; filename="${invoice.number}.pdf"` };
      return sent ? submitInvoice(world, invoice, form) : invoicePage(invoice);
    }
    case "receipts": {
      const charge = world.store.get("charge", id);
      const payment = world.store
        .all("invoice_payment")
        .find((one) => one.payment.payment_intent === charge.payment_intent);
      if (payment) return invoicePage(world.store.get("invoice", String(payment.invoice)));
      return receiptPage(charge);
    }
    case "authenticate":
      return authenticate(world, id, form);
    default:
      throw missing("page", url.pathname);
  }
}
