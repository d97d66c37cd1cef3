import { z } from "zod";
import { db } from "@/db/client";
import { noteFirstTokens } from "@/features/activations/onboarding/jobs";
import { activeApps } from "@/features/activations/queries";
import { BILLING_UPKEEP } from "@/features/billing/jobs";
import { catalogRecords } from "@/features/catalog/queries";
import { loadKeyRecord as keyRecord } from "@/features/keys/queries";
import { fillSandboxes } from "@/features/keys/sandbox/jobs";
import type { Wanted } from "@/features/metering/edge/service";
import { ALL_PARTITIONS, drainAll, UPKEEP } from "@/features/metering/jobs";
import { loadOperation, loadReservation } from "@/features/metering/lookup/service";
import { observed } from "@/features/metering/metrics/service";
import { noticeLoss } from "@/features/metering/outbox/service";
import { hydrateAccount, loadCatalog, loadKeyRecord, type ReconcileDeps } from "@/features/metering/reconcile/service";
import { deliveriesAtRest, WEBHOOK_UPKEEP } from "@/features/notifications/webhooks/jobs";
import { PRODUCT_UPKEEP } from "@/features/products/jobs";
import { INSIGHT_UPKEEP } from "@/features/usage/insights/jobs";
import { PACKED_UPKEEP } from "@/features/usage/packed/jobs";
import { env } from "@/lib/env";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { BOUNDS, GROUPS, latencies, OUTCOMES } from "@/lib/latency";
import { logger } from "@/lib/logger";
import { PARTITIONS } from "@/lib/partition";
import { json, problem, requestIdOf } from "@/lib/problem";
import { redis } from "@/lib/redis";
import { turnedAway } from "./guard";
import { JOBS_UPKEEP, runJobs } from "./jobs";

let wired: ReconcileDeps | undefined;

/** Metering with what the other domains know wired in: for the routes below, the worker and the commands. */
export function metering(): ReconcileDeps {
  wired ??= {
    get db() {
      return db();
    },
    get redis() {
      return redis();
    },
    databaseUrl: env().DATABASE_URL,
    budgetMs: env().METERING_BUDGET_MS,
    drainConcurrency: env().METERING_DRAIN_CONCURRENCY,
    loaders: { keyRecord, catalog: catalogRecords, activeApps },
  };
  return wired;
}

/** Answers only to our own edge and to the hosting's cron; to anyone else these routes do not exist. */
async function guarded(request: Request, verb: (requestId: string) => Promise<Response>): Promise<Response> {
  const requestId = requestIdOf(request);
  const away = await turnedAway(request, env().INTERNAL_SECRET);
  if (away) return away;
  try {
    return await verb(requestId);
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) {
      return problem("invalid_request", "The body does not fit.", { requestId });
    }
    logger.error({ err: error, requestId }, "metering could not be served");
    return problem("metering_unavailable", "Metering's stores cannot be reached.", {
      requestId,
      headers: { "Retry-After": "2" },
    });
  }
}

const wanted = z.strictObject({
  what: z.enum(["key", "catalog", "account", "operation", "reservation"]),
  partition: z
    .int()
    .min(0)
    .max(PARTITIONS - 1),
  hmac: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  customerId: z.string().regex(/^[0-9a-f-]{36}$/),
  mode: z.enum(["live", "test"]),
  subject: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22,36}$/)
    .optional(),
});

/** Brings in one piece of state that a script found missing. False where there is no such thing. */
export async function bringIn(deps: ReconcileDeps, want: Wanted): Promise<boolean> {
  const account = accountOf(mintCustomerId(want.customerId), want.mode);
  await noticeLoss(deps, want.partition);
  switch (want.what) {
    case "key":
      return loadKeyRecord(deps, want.partition, want.hmac);
    case "catalog":
      await loadCatalog(deps, want.partition);
      return true;
    case "account":
      await hydrateAccount(deps, account);
      return true;
    case "operation":
      return loadOperation(deps, account, want.subject ?? "");
    case "reservation":
      return loadReservation(deps, account, want.subject ?? "");
  }
}

/** `POST /api/internal/metering/load`: brings in the one piece of state that a script found missing, or says that there is none. */
export const postLoad = (request: Request): Promise<Response> =>
  guarded(request, async (requestId) => {
    const { subject, ...want } = wanted.parse(await request.json());
    const found = await bringIn(metering(), { ...want, ...(subject === undefined ? {} : { subject }) });
    return json({ found }, 200, requestId);
  });

const partitions = z.strictObject({
  partitions: z
    .array(
      z
        .int()
        .min(0)
        .max(PARTITIONS - 1),
    )
    .min(1)
    .max(PARTITIONS),
  /** How long the edge's requests took since it last told. */
  latencies: z
    .array(
      z.strictObject({
        group: z.enum(GROUPS),
        outcome: z.enum(OUTCOMES),
        counts: z.array(z.int().min(0)).length(BOUNDS.length + 1),
        sum: z.number().min(0),
      }),
    )
    .max(GROUPS.length * OUTCOMES.length)
    .optional(),
});

/** How long to wait for whoever drains a partition already, and how often: it may have read before our event came. */
const BUSY_PAUSE_MS = 150;
const BUSY_TRIES = 8;
/** How long a partition that keeps filling is drained in one wake, and all of them in one visit of the cron. */
const WAKE_MS = 500;
const CRON_MS = 20_000;
/** And for how long jobs are begun in one. */
const JOBS_MS = 15_000;

/** Drains partitions that somebody has been woken for, each whatever the others do. */
export async function drainWoken(woken: readonly number[]): Promise<{ written: number; failed: number }> {
  let written = 0;
  for (let attempt = 1; ; attempt++) {
    const { drained, errors } = await drainAll(metering(), woken, WAKE_MS);
    written += drained.written;
    if (errors.length > 0) logger.error({ err: errors[0], failed: errors.length }, "not every partition was drained");
    if (!drained.busy || errors.length > 0 || attempt === BUSY_TRIES) return { written, failed: errors.length };
    await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
  }
}

/** `POST /api/internal/metering/drain`: drains the partitions an edge has woken us for. */
export const postDrain = (request: Request): Promise<Response> =>
  guarded(request, async (requestId) => {
    const woken = partitions.parse(await request.json());
    latencies().add(woken.latencies ?? []);
    const result = await drainWoken(woken.partitions);
    return json(result, result.failed > 0 ? 503 : 200, requestId);
  });

/** What has to be done over and over, by the worker, each at its own pace, and by the cron, all at once: of all features. */
export const ALL_UPKEEP: typeof UPKEEP = [
  ...UPKEEP,
  { name: "sandboxes", everyMs: 60_000, run: fillSandboxes },
  { name: "first-tokens", everyMs: 60_000, run: noteFirstTokens },
  ...BILLING_UPKEEP,
  ...WEBHOOK_UPKEEP,
  ...JOBS_UPKEEP,
  ...PRODUCT_UPKEEP,
  ...INSIGHT_UPKEEP,
  ...PACKED_UPKEEP,
].map(observed);

/**
 * `GET /api/internal/metering/drain`: what the hosting's cron calls, and does all that the worker's loops do: drains
 * whatever holds something, applies what is owed, writes off what has expired, makes partitions ahead, does the jobs.
 */
export const getDrain = (request: Request): Promise<Response> =>
  guarded(request, async (requestId) => {
    const deps = metering();
    const errors: unknown[] = [];
    let written = 0;
    await drainAll(deps, ALL_PARTITIONS, CRON_MS).then(
      (result) => {
        written = result.drained.written;
        errors.push(...result.errors);
      },
      (error: unknown) => errors.push(error),
    );
    for (const { run } of ALL_UPKEEP) await run(deps).catch((error: unknown) => errors.push(error));
    // A host that ends with the answer would cut attempts off that are under way.
    await deliveriesAtRest();
    await runJobs(JOBS_MS).catch((error: unknown) => errors.push(error));
    if (errors.length > 0) logger.error({ err: errors[0], failed: errors.length }, "not everything could be done");
    return json({ written, failed: errors.length }, errors.length > 0 ? 503 : 200, requestId);
  });
