import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { Db, Tx } from "@/db/client";
import { users } from "@/db/schema/people";
import { throttleAddress } from "@/lib/client-address";
import { isDatabaseAway } from "@/lib/database-away";
import { LONGEST_PASSWORD, verifyNothing, verifyPassword } from "./passwords";
import { type Browser, findPerson, openSessionIn, type Person } from "./store";
import type { SignInThrottle } from "./throttle";
import { readSessionToken } from "./token";

/** Why a sign-in was refused. `wrong` says neither whether the account exists nor what was wrong. */
export type SignInRefusal = "wrong" | "throttled" | "unavailable";
export type SignInOutcome =
  | { readonly ok: true; readonly userId: string; readonly sessionId: string }
  | { readonly ok: false; readonly why: SignInRefusal };

const credentials = z.object({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/u)
    // Postgres keeps no NUL in text, and no address has control characters.
    .regex(/^\P{Cc}*$/u),
  password: z.string().min(1).max(LONGEST_PASSWORD),
});

const refused = (why: SignInRefusal): SignInOutcome => ({ ok: false, why });

/**
 * True where the password that was checked is the person's still, and will be until the transaction is over: checking takes a
 * while, and who changes a password ends the sessions that there are, not those that come by the old one a moment later.
 */
async function holdsStill(tx: Tx, userId: string, passwordHash: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), eq(users.passwordHash, passwordHash)))
    .for("no key update");
  return row !== undefined;
}

/** Opens the session of a sign-in; null where the person may have none. */
type Opening = (tx: Tx, person: Person, browser: Browser) => Promise<string | null>;

/**
 * Checks an e-mail address and password and opens a session. Every way to fail that depends on the account gives the
 * same answer after the same work: unknown, wrong password, member of no brand. Only failures count to the throttle.
 */
export async function signInWithPassword(
  input: unknown,
  requestHeaders: Headers,
  deps: { readonly db: Db; readonly throttle: SignInThrottle },
  open: Opening = (tx, person, browser) => openSessionIn(tx, person.id, browser),
): Promise<SignInOutcome> {
  const parsed = credentials.safeParse(input);
  if (!parsed.success) return refused("wrong");
  const { email, password } = parsed.data;
  const address = throttleAddress(requestHeaders);
  if (!(await deps.throttle.take(email, address))) return refused("throttled");
  try {
    const person = await findPerson(deps.db, email);
    const hash = person?.passwordHash;
    const matches = hash ? await verifyPassword(hash, password) : await verifyNothing(password);
    if (!person || !hash || !matches) return refused("wrong");
    const before = await readSessionToken(requestHeaders.get("cookie"));
    const userAgent = requestHeaders.get("user-agent") ?? "";
    const sessionId = await deps.db.transaction(async (tx) =>
      (await holdsStill(tx, person.id, hash)) ? open(tx, person, { before, userAgent }) : null,
    );
    if (!sessionId) return refused("wrong");
    await deps.throttle.giveBack(email, address);
    return { ok: true, userId: person.id, sessionId };
  } catch (error) {
    if (isDatabaseAway(error)) {
      await deps.throttle.giveBack(email, address);
      return refused("unavailable");
    }
    throw error;
  }
}
