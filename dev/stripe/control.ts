import { z } from "zod";
import { advance } from "./clock";
import type { Desk } from "./desk";
import { closeDispute, openDispute } from "./disputes";
import { invalid } from "./failure";
import { FAULTS, type Fault } from "./faults";
import { idOf } from "./store";

// What Stripe would never let anybody do, for tests and developers: outside /v1, JSON, no key. The stand-in listens on this
// machine alone.

const manner = z.strictObject({
  hold: z.boolean().optional(),
  copies: z.int().min(1).max(10).optional(),
  delayMs: z.int().min(0).max(600_000).optional(),
  shuffle: z.boolean().optional(),
});
const settings = z.strictObject({
  retryDays: z.array(z.int().min(1).max(60)).min(1).max(8).optional(),
  afterRetries: z.enum(["cancel", "unpaid", "past_due"]).optional(),
  upcomingDays: z.int().min(1).max(30).optional(),
});
const fault = z.strictObject({
  fault: z.enum(FAULTS as [Fault, ...Fault[]]),
  times: z.int().min(1).max(1_000).default(1),
  only: z.string().optional(),
});

const COMMANDS: Record<string, (desk: Desk, input: unknown) => unknown> = {
  /** Forgets everything but the catalogue. */
  reset: (desk) => {
    desk.reset();
    return {};
  },
  /** Where events go from now on. */
  webhook: (desk, input) => {
    desk.webhooks.target =
      z
        .strictObject({ url: z.url(), secret: z.string().min(1) })
        .nullable()
        .parse(input) ?? undefined;
    return {};
  },
  /** How deliveries are made from now on. */
  manner: (desk, input) => Object.assign(desk.webhooks.manner, manner.parse(input)),
  release: (desk) => ({ released: desk.webhooks.release() }),
  /** Waits until no delivery waits. */
  settled: async (desk, input) => ({
    settled: await desk.webhooks.settled(z.strictObject({ ms: z.int().default(10_000) }).parse(input).ms),
  }),
  resend: (desk, input) => {
    const { event } = z.strictObject({ event: z.string() }).parse(input);
    desk.webhooks.add(desk.store.get("event", event));
    return {};
  },
  deliveries: (desk) => desk.webhooks.deliveries,
  /** The latest requests, the oldest first. */
  requests: (desk) => desk.api.log,
  faults: (desk, input) => {
    const wanted = fault.parse(input);
    desk.faults.plan(wanted.fault, wanted.times, wanted.only);
    return {};
  },
  settings: (desk, input) => Object.assign(desk.world.settings, settings.parse(input)),
  /** The card's owner goes to the bank. */
  dispute: (desk, input) => {
    const wanted = z
      .strictObject({
        charge: z.string().optional(),
        payment_intent: z.string().optional(),
        amount: z.int().optional(),
        reason: z.string().default("fraudulent"),
      })
      .parse(input);
    const { store, world } = desk;
    const intent = wanted.payment_intent ? store.get("payment_intent", wanted.payment_intent) : undefined;
    return openDispute(
      world,
      store.get("charge", wanted.charge ?? idOf(intent?.latest_charge) ?? ""),
      wanted.reason,
      wanted.amount,
    );
  },
  "close-dispute": (desk, input) => {
    const { dispute, status } = z.strictObject({ dispute: z.string(), status: z.enum(["won", "lost"]) }).parse(input);
    return closeDispute(desk.world, desk.store.get("dispute", dispute), status);
  },
  /** Moves the clock of everyone without a test clock. */
  advance: (desk, input) => {
    const { seconds } = z
      .strictObject({
        seconds: z
          .int()
          .min(0)
          .max(366 * 86_400),
      })
      .parse(input);
    advance(desk.world, null, desk.world.now() + seconds);
    return { now: desk.world.now() };
  },
};

/** Runs a command: `POST /_control/NAME` with JSON. */
export function control(desk: Desk, url: URL, body: string): unknown {
  const run = COMMANDS[url.pathname.slice("/_control/".length)];
  if (!run) throw invalid(`There is ${Object.keys(COMMANDS).join(", ")}.`);
  try {
    return run(desk, body === "" ? {} : JSON.parse(body));
  } catch (error) {
    throw error instanceof z.ZodError ? invalid(z.prettifyError(error)) : error;
  }
}
