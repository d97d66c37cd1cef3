import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { stripeEvents } from "@/db/schema/billing";
import { EVENTS_KEPT_DAYS } from "../rules";
import { isLive } from "../stripe/service";
import { KNOWN_TYPES } from "./service";

/** How many go in one step, so that no statement holds the table for long. */
const AT_ONCE = 5_000;

/**
 * Forgets events that were dealt with long ago. They are a shortcut, no more: what an event brings about is unique on what was
 * bought, paid back or told, and the object is read anew, so that one which comes again after this changes nothing. Kept are
 * those that have failed, and those of types or of a mode that we do not handle: somebody may want to know of them.
 * @returns how many are gone
 */
export async function pruneEvents(db: Db, now = new Date()): Promise<number> {
  const old = sql`${stripeEvents.receivedAt} < ${now.toISOString()}::timestamptz - ${EVENTS_KEPT_DAYS} * interval '1 day'`;
  const ours = and(
    eq(stripeEvents.status, "ignored"),
    inArray(stripeEvents.type, KNOWN_TYPES),
    eq(stripeEvents.livemode, isLive()),
  );
  const gone = await db.execute(sql`
    delete from ${stripeEvents} where id in (
      select id from ${stripeEvents} where ${and(old, or(eq(stripeEvents.status, "done"), ours))} limit ${AT_ONCE})
    returning id`);
  return gone.length;
}
