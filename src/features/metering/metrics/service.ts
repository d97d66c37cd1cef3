import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** How often a job that works says so, in milliseconds: what runs each second need not write each second. */
const SAY_EVERY_MS = 30_000;
/** When each job of this process last said that it works; absent after a failure. */
const said = new Map<string, number>();

/** Notes how a run of a job ended, for the figures of all processes. Never fails: a note is no reason to stop a job. */
async function noteRun(db: Db, name: string, ok: boolean, tookMs: number): Promise<void> {
  const now = Date.now();
  if (ok && now - (said.get(name) ?? 0) < SAY_EVERY_MS) return;
  if (ok) said.set(name, now);
  else said.delete(name);
  const took = Math.round(tookMs);
  await db
    .execute(sql`
      insert into job_runs (name, last_succeeded_at, last_failed_at, failures, took_ms)
      values (${name}, case when ${ok} then now() end, case when not ${ok} then now() end, case when ${ok} then 0 else 1 end, ${took})
      on conflict (name) do update set took_ms = excluded.took_ms, failures = job_runs.failures + excluded.failures,
        last_succeeded_at = coalesce(excluded.last_succeeded_at, job_runs.last_succeeded_at),
        last_failed_at = coalesce(excluded.last_failed_at, job_runs.last_failed_at)`)
    .then(
      () => {},
      () => {},
    );
}

interface Job<Deps> {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (deps: Deps) => Promise<void>;
}

/** A job that notes how each of its runs ended. */
export const observed = <Deps extends { readonly db: Db }>(job: Job<Deps>): Job<Deps> => ({
  ...job,
  run: async (deps) => {
    const started = performance.now();
    let ok = false;
    try {
      await job.run(deps);
      ok = true;
    } finally {
      await noteRun(deps.db, job.name, ok, performance.now() - started);
    }
  },
});
