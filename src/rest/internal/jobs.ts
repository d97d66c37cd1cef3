import { db } from "@/db/client";
import { failJob, type Job, QUEUES, type QueueName, superviseJobs, takeJobs } from "@/db/jobs";
import { type ChatJob, deliverPost } from "@/features/notifications/chat/jobs";
import { ring } from "@/features/notifications/chat/queries";
import { sendDigests } from "@/features/notifications/digest/jobs";
import { forgetAddresses } from "@/features/team/jobs";
import { askForLooks, collectRefusals, forgetRefusals, runLook } from "@/features/usage/alerts/jobs";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";

/** How many jobs of a queue are taken at a time. */
const AT_ONCE = 10;

/** Who does which queue's jobs; each says itself that one is done. */
const HANDLERS: Readonly<Record<QueueName, (job: Job) => Promise<void>>> = {
  "alerts.evaluate": (job) => runLook(db(), job),
  "notify.chat": (job) =>
    deliverPost({ db: db(), ring: ring(), url: env().AUTH_URL.replace(/\/+$/, "") }, job as Job<ChatJob>),
};

/**
 * Does what waits in the queues, one batch of each after the other, until nothing is due or the time is over. The worker
 * calls it in a loop, the hosting's cron for as long as it may.
 */
export async function runJobs(forMs = Infinity): Promise<{ done: number; failed: number }> {
  const end = performance.now() + forMs;
  const result = { done: 0, failed: 0 };
  for (let found = true; found && performance.now() < end; ) {
    found = false;
    for (const queue of Object.keys(QUEUES) as QueueName[]) {
      for (const job of await takeJobs(db(), queue, AT_ONCE)) {
        found = true;
        try {
          await HANDLERS[queue](job);
          result.done++;
        } catch (error) {
          result.failed++;
          logger.warn({ job: job.id, queue, err: error }, "a job failed");
          await failJob(db(), queue, job.id, error instanceof Error ? error.message : String(error));
        }
      }
    }
  }
  return result;
}

/** What keeps the queues filled and sound; see ALL_UPKEEP. */
export const JOBS_UPKEEP = [
  { name: "looks", everyMs: 15_000, run: askForLooks },
  {
    name: "digests",
    everyMs: 30_000,
    run: async (deps: Parameters<typeof sendDigests>[0]) => void (await sendDigests(deps)),
  },
  { name: "supervise", everyMs: 60_000, run: ({ db }: Parameters<typeof sendDigests>[0]) => superviseJobs(db) },
  { name: "refusals", everyMs: 60_000, run: collectRefusals },
  { name: "old addresses", everyMs: 86_400_000, run: forgetAddresses },
  { name: "old refusals", everyMs: 3_600_000, run: forgetRefusals },
] as const;
