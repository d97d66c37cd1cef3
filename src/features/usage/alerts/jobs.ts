import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db } from "@/db/client";
import { enqueue, finishJob, type Job, type JobData } from "@/db/jobs";
import { keyRefusals } from "@/db/schema/alerts";
import { refusedWithin } from "@/features/metering/refusals/queries";
import { hourOf } from "@/features/metering/refusals/rules";
import { mintCustomerId } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { brandsToLookAt } from "../standing/queries";
import { KEY_REFUSALS } from "./rules";
import { lookAtAlerts } from "./service";

/** How many brands are asked for in one round. */
const AT_ONCE = 500;

/** Asks for a look at the alerts of each brand that waits for one; a brand's job is there once at a time. */
export async function askForLooks({ db }: { readonly db: Db }): Promise<void> {
  await db.transaction(async (tx) => {
    const brands = await brandsToLookAt(tx, AT_ONCE);
    // One that is being looked at just now is left to that look; its first one makes the row.
    await tx.execute(sql`
      update alert_settings set asked_at = now() where customer_id in (
        select customer_id from alert_settings where customer_id = any(${listOf(brands)}::uuid[]) for update skip locked)`);
    for (const customerId of brands) await enqueue(db, tx, "alerts.evaluate", { customerId }, { key: customerId });
  });
}

/** Looks at one brand's alerts. Done and told in one transaction, so that a kill has it done again from the start. */
export async function runLook(db: Db, job: Job<JobData>): Promise<void> {
  await lookAtAlerts(db, mintCustomerId(job.data.customerId), (tx) => finishJob(db, "alerts.evaluate", job.id, tx));
}

/** For how long into an hour the one before is read once more, ms: what was noted at its end is there by then. */
const LATE_MS = 5 * 60_000;

/**
 * Brings how often keys were refused from Redis to where the alerts read it. The figures of an hour only ever grow, so that
 * reading them twice is nothing. Test keys are not for alerts: whoever builds is refused often.
 */
export async function collectRefusals({ db, redis }: { readonly db: Db; readonly redis: Redis }): Promise<void> {
  const now = Date.now();
  const hours = [...new Set([hourOf(now - LATE_MS), hourOf(now)])];
  const refused = (await refusedWithin(redis, hours)).filter(({ code }) => KEY_REFUSALS.has(code));
  if (refused.length === 0) return;
  await db.execute(sql`
    insert into key_refusals (customer_id, key_id, hour, code, times)
    select k.customer_id, k.key_id, r.hour, r.code, r.times
    from unnest(${listOf(refused.map(({ hmac }) => hmac))}::text[], ${listOf(refused.map(({ code }) => code))}::text[],
      ${listOf(refused.map(({ hour }) => hour.toISOString()))}::timestamptz[],
      ${listOf(refused.map(({ times }) => times))}::int[]) as r(hmac, code, hour, times)
    join api_keys k on k.hmac = r.hmac and k.mode = 'live'
    on conflict (customer_id, key_id, hour, code) do update set times = greatest(key_refusals.times, excluded.times)`);
}

/** Forgets refusals of before yesterday: nobody asks for them. */
export async function forgetRefusals({ db }: { readonly db: Db }): Promise<void> {
  await db.delete(keyRefusals).where(sql`${keyRefusals.hour} < now() - interval '2 days'`);
}
