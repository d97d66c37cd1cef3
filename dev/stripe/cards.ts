/** What a test card does. Numbers and tokens are Stripe's (docs.stripe.com/testing). */
export interface TestCard {
  readonly number: string;
  readonly token: string;
  readonly brand: "visa" | "mastercard" | "amex";
  readonly country: string;
  /** Refused when it is charged. */
  readonly declines?: Decline;
  /** Refused already when it is to be saved. */
  readonly refusedAtOnce?: boolean;
  /** 3-D Secure: always, or unless the card was set up with it; `done` needs it on the page only. */
  readonly authentication?: "always" | "unless_set_up" | "done";
  /** Its owner disputes the first payment. */
  readonly disputes?: boolean;
}

export interface Decline {
  readonly code: string;
  readonly decline_code: string;
  readonly message: string;
}

const decline = (decline_code: string, message: string, code = "card_declined"): Decline => ({
  code,
  decline_code,
  message,
});
const GENERIC = decline("generic_decline", "Your card was declined.");
const NO_FUNDS = decline("insufficient_funds", "Your card has insufficient funds.");
export const EXPIRED = decline("expired_card", "Your card has expired.", "expired_card");

const card = (number: string, token: string, rest: Partial<TestCard> = {}): TestCard => ({
  number,
  token: `pm_card_${token}`,
  brand: number.startsWith("5") ? "mastercard" : number.startsWith("3") ? "amex" : "visa",
  country: "US",
  ...rest,
});

export const TEST_CARDS: readonly TestCard[] = [
  card("4242424242424242", "visa"),
  card("5555555555554444", "mastercard"),
  card("378282246310005", "amex"),
  card("4000002760000016", "de", { country: "DE" }),
  card("4000000000000002", "chargeDeclined", { declines: GENERIC, refusedAtOnce: true }),
  card("4000000000009995", "chargeDeclinedInsufficientFunds", { declines: NO_FUNDS, refusedAtOnce: true }),
  card("4000000000009987", "chargeDeclinedLostCard", {
    declines: decline("lost_card", "Your card was declined."),
    refusedAtOnce: true,
  }),
  card("4000000000000069", "chargeDeclinedExpiredCard", { declines: EXPIRED, refusedAtOnce: true }),
  card("4000000000000127", "chargeDeclinedIncorrectCvc", {
    declines: decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc"),
    refusedAtOnce: true,
  }),
  card("4000000000000119", "chargeDeclinedProcessingError", {
    declines: decline(
      "processing_error",
      "An error occurred while processing your card. Try again in a little bit.",
      "processing_error",
    ),
    refusedAtOnce: true,
  }),
  card("4000000000000341", "chargeCustomerFail", { declines: GENERIC }),
  card("4000002500003155", "authenticationRequiredOnSetup", { authentication: "unless_set_up" }),
  card("4000002760003184", "authenticationRequired", { authentication: "always" }),
  card("4000003800000446", "authenticationRequiredSetupForOffSession", { authentication: "done" }),
  card("4000008260003178", "authenticationRequiredChargeDeclinedInsufficientFunds", {
    authentication: "always",
    declines: NO_FUNDS,
  }),
  card("4000000000000259", "createDispute", { disputes: true }),
];

export const cardByToken = (token: string): TestCard | undefined => TEST_CARDS.find((one) => one.token === token);
export const cardByNumber = (number: string): TestCard | undefined =>
  TEST_CARDS.find((one) => one.number === number.replaceAll(/[\s-]/g, ""));
