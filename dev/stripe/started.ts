import { Stripe } from "stripe";
import { OfficialTypes } from "./official/witness";
import { StandIn, type StandInOptions } from "./server";

export const TEST_KEY = "sk_test_standin";

/** The official client, unchanged but for where it asks. */
export const clientOf = (url: string, key = TEST_KEY): Stripe => {
  const { hostname, port } = new URL(url);
  return new Stripe(key, { host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
};

export interface Started {
  readonly standIn: StandIn;
  readonly stripe: Stripe;
  readonly url: string;
  /** Runs a command of /_control. */
  command<T>(name: string, input?: object | null): Promise<T>;
  /** Sends a form of one of its pages. */
  submit(url: string | null, form: Record<string, string>): Promise<Response>;
}

/** A stand-in for a test, which holds everything said to it and by it against the SDK's types. */
export async function startStandIn(options: Partial<StandInOptions> = {}): Promise<Started> {
  const witness = new OfficialTypes();
  witness.prepare();
  const standIn = new StandIn({ secretKey: TEST_KEY, witness, ...options });
  const url = await standIn.listen();
  return {
    standIn,
    stripe: clientOf(url),
    url,
    command: async (name, input) => {
      const response = await fetch(`${url}/_control/${name}`, {
        method: "POST",
        ...(input !== undefined && { body: JSON.stringify(input) }),
      });
      return (await response.json()) as never;
    },
    submit: (to, form) => fetch(to ?? "", { method: "POST", redirect: "manual", body: new URLSearchParams(form) }),
  };
}

/** What a buyer types who pays without trouble. */
export const BUYER = {
  number: "4242 4242 4242 4242",
  expiry: "12 / 40",
  cvc: "123",
  name: "Ada Northlight",
  email: "ada@northlight.example",
  country: "DE",
  line1: "Lindenallee 1",
  city: "Hamburg",
  postal_code: "20259",
};
