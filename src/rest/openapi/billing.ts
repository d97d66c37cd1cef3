import { urlOutput } from "@/features/billing/contract";
import {
  checkoutBody,
  invoicesQuery,
  invoicesResponse,
  plansResponse,
  portalBody,
  subscribeBody,
  subscribeResponse,
} from "@/features/billing/http/contract";
import { BY_SERVER, type Operation } from "./operation";

const BILLING = "/api/v1/customer/billing";
const MONEY = { kinds: "secret", scope: "billing:manage" } as const;

/** The operations about money, in the order in which the reference tells of them. */
export const BILLING_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: `${BILLING}/plans`,
    id: "listPlans",
    tag: "Billing",
    summary: "List plans and packs",
    description: "What is on sale. `tokens_per_month` -1 is unlimited.",
    key: MONEY,
    answers: { 200: plansResponse },
    problems: BY_SERVER,
  },
  {
    method: "post",
    path: `${BILLING}/subscribe`,
    id: "subscribe",
    tag: "Billing",
    summary: "Subscribe to a plan",
    description:
      "For a brand without a subscription, with a payment method that your page has made at Stripe. The first month is " +
      "charged at once; where the card is refused, nothing is begun. The plan's tokens are there on return.",
    key: MONEY,
    body: subscribeBody,
    answers: { 201: subscribeResponse },
    problems: [...BY_SERVER, "not_found", "payment_failed", "subscription_exists", "billing_unavailable"],
  },
  {
    method: "post",
    path: `${BILLING}/checkout`,
    id: "checkout",
    tag: "Billing",
    summary: "Open a checkout",
    description: "The address of a page on which a person pays for a plan or a pack. Tokens arrive once it is paid.",
    key: MONEY,
    body: checkoutBody,
    answers: { 200: urlOutput },
    problems: [...BY_SERVER, "not_found", "subscription_exists", "billing_unavailable"],
  },
  {
    method: "post",
    path: `${BILLING}/portal`,
    id: "billingPortal",
    tag: "Billing",
    summary: "Open the billing portal",
    description: "The address of a page on which a person changes cards and sees invoices.",
    key: MONEY,
    body: portalBody,
    answers: { 200: urlOutput },
    problems: [...BY_SERVER, "billing_unavailable"],
  },
  {
    method: "get",
    path: `${BILLING}/invoices`,
    id: "listInvoices",
    tag: "Billing",
    summary: "List invoices",
    description: "The brand's invoices, newest first, each with its PDF.",
    key: MONEY,
    query: invoicesQuery,
    answers: { 200: invoicesResponse },
    problems: [...BY_SERVER, "billing_unavailable"],
  },
];
