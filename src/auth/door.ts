import type { Db, Tx } from "@/db/client";
import { throttleAddress } from "./address";
import { mailThrottle, type SignInThrottle, sharedThrottle } from "./throttle";

/**
 * What the ways in share that anybody may knock at: sign-up, a forgotten password, a link by mail. They answer the same
 * whether an address is known or not, after about the same time, and write one mail either way.
 */
export interface DoorDeps {
  readonly db: Db;
  readonly throttle: SignInThrottle;
  /** How long an answer takes at least, in milliseconds; what is done for it takes a fraction. */
  readonly atLeastMs: number;
}

/** What a knock is answered with. `sent` says nothing about the account. */
export type Knock = "sent" | "throttled";

/** Does the work of a knock in one transaction, throttled, and answers no sooner than every other one. */
export async function knock(
  deps: DoorDeps,
  headers: Headers,
  email: string,
  work: (tx: Tx) => Promise<void>,
): Promise<Knock> {
  if (!(await deps.throttle.take(email, throttleAddress(headers)))) return "throttled";
  const patience = new Promise((resolve) => setTimeout(resolve, deps.atLeastMs));
  await Promise.all([deps.db.transaction(work), patience]);
  return "sent";
}

/** The door as the web app opens it. */
export const doorDeps = (db: Db): DoorDeps => ({ db, throttle: mailThrottle(), atLeastMs: 250 });

/**
 * Counts a try of a link's secret with its network address, as a failed sign-in is counted: none can be guessed, but each
 * costs work, and hashing a password costs most.
 */
export const mayTry = (headers: Headers, throttle: SignInThrottle = sharedThrottle()): Promise<boolean> =>
  throttle.take(`link:${throttleAddress(headers)}`, throttleAddress(headers));
