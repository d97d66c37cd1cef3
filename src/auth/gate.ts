import type { Db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { isDatabaseAway } from "@/lib/database-away";
import type { Session, SessionState } from "./session-state";
import { loadSession } from "./store";
import { readSessionToken } from "./token";

/**
 * Who a request's cookie makes its sender. Reads the session row every time, so that a session ended anywhere opens
 * nothing from then on.
 */
export async function sessionOf(db: Db, cookie: string | null): Promise<SessionState> {
  const token = await readSessionToken(cookie);
  if (!token) return { state: "out" };
  try {
    const session = await loadSession(db, token);
    return session ? { state: "in", session } : { state: "out" };
  } catch (error) {
    if (isDatabaseAway(error)) return { state: "unavailable" };
    throw error;
  }
}

/** The context in which a signed-in person's verbs and queries run. */
export function actingAs(db: Db, session: Session): Ctx {
  return { db, customerId: session.customer.id, actor: { type: "user", id: session.user.id } };
}
