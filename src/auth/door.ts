import type { Db, Tx } from "@/db/client";
import { throttleAddress } from "@/lib/client-address";
import { isDatabaseAway } from "@/lib/database-away";
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
 * Tries a link's secret. A try that fails is counted with its network address, as a failed sign-in is: none can be guessed,
 * but each costs work, and hashing a password costs most. One that works is not, or the eleventh of a team that joins from
 * one office would be turned away.
 * @param work null where the link does not work
 */
export async function tryLink<T>(
  headers: Headers,
  work: () => Promise<T | null>,
  throttle: SignInThrottle = sharedThrottle(),
): Promise<T | "throttled" | null> {
  const address = throttleAddress(headers);
  if (!(await throttle.take(`link:${address}`, address))) return "throttled";
  const giveBack = () => throttle.giveBack(`link:${address}`, address);
  try {
    const found = await work();
    if (found !== null) await giveBack();
    return found;
  } catch (error) {
    // Nor is it the caller's fault that Postgres is away.
    if (isDatabaseAway(error)) await giveBack();
    throw error;
  }
}
