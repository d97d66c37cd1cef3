import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db } from "@/db/client";
import { enqueue, finishJob, type Job, type JobData } from "@/db/jobs";
import { keyRefusals } from "@/db/schema/alerts";
import { mintCustomerId } from "@/lib/ids";
import { brandsToLookAt } from "../standing/queries";
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

/** Forgets refusals of before yesterday: nobody asks for them. */
export async function forgetRefusals({ db }: { readonly db: Db }): Promise<void> {
  await db.delete(keyRefusals).where(sql`${keyRefusals.hour} < now() - interval '2 days'`);
}
