import { logger } from "@/lib/logger";

const MOST_BACKOFF_MS = 10_000;

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });

/**
 * Runs a job over and over until told to stop: `everyMs` after each run, and with doubling pauses after failures. A
 * failing job says so when it starts to fail and when it works again, not on every try.
 */
export async function loop(
  name: string,
  everyMs: number,
  signal: AbortSignal,
  job: () => Promise<void>,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await job();
      if (failures > 0) logger.info({ job: name, failures }, "the job works again");
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1) logger.warn({ job: name, err: error }, "the job failed and will be tried again");
    }
    await sleep(failures === 0 ? everyMs : Math.min(everyMs * 2 ** failures, MOST_BACKOFF_MS), signal);
  }
}
