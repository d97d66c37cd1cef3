import { closeDb } from "@/db/client";
import { drainAll } from "@/features/metering/jobs";
import { deliveriesAtRest } from "@/features/notifications/webhooks/jobs";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { runJobs } from "@/rest/internal/jobs";
import { closeMailer, reportMailOff, sendDueMails } from "@/rest/internal/mail";
import { ALL_UPKEEP, metering } from "@/rest/internal/metering";
import { loop } from "./loop";

/**
 * The long-running side of a self-hosted installation: drains outboxes, applies what is owed, writes off what has
 * expired, makes partitions ahead, does jobs, and sends mails. Stops cleanly on SIGTERM and SIGINT; a kill costs nothing but a re-read.
 */
env();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
const deps = metering();
/** After how long a batch of jobs lets the loop see whether it is to stop. */
const JOBS_MS = 5_000;

logger.info("the worker is up");
await reportMailOff().catch(() => undefined);
await Promise.all([
  loop("drain", 250, stop.signal, async () => {
    const { errors } = await drainAll(deps);
    if (errors.length > 0) throw errors[0];
  }),
  loop("mail", 1_000, stop.signal, sendDueMails),
  loop("jobs", 1_000, stop.signal, async () => void (await runJobs(JOBS_MS))),
  ...ALL_UPKEEP.map(({ name, everyMs, run }) => loop(name, everyMs, stop.signal, () => run(deps))),
]);
await deliveriesAtRest({ stop: true });
closeMailer();
await closeDb();
logger.info("the worker has stopped");
