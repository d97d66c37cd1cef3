import { after } from "next/server";
import { handleBatch, handleConsume, handleConsumeOptions } from "@/features/metering/edge/handler";
import { Waker } from "@/features/metering/edge/jobs";
import { KeyHashes, type LoadAnswer, MissLimit } from "@/features/metering/edge/rules";
import type { MeterDeps, Wanted } from "@/features/metering/edge/service";
import { writeRefusals } from "@/features/metering/refusals/jobs";
import { RefusalNotes } from "@/features/metering/refusals/rules";
import { handleHold, handleResolve } from "@/features/metering/reservations/handler";
import { env } from "@/lib/env";
import { type Group, latencies, timed } from "@/lib/latency";
import { redis } from "@/lib/redis";
import { tracer, writeTraceparent } from "@/lib/trace";

/** The least time between two wakes of the drain from one edge instance, ms. */
const WAKE_INTERVAL_MS = 1_000;
/** The least time between two notes of refusals from one edge instance, ms. */
const NOTES_INTERVAL_MS = 5_000;
/** How long a wake waits for the drain before the next one may go out, ms. */
const WAKE_TIMEOUT_MS = 10_000;

/** Where the hosting asks visitors of a deployment to sign in, our own calls show that they are ours. */
function pastProtection(): Record<string, string> {
  const { VERCEL_AUTOMATION_BYPASS_SECRET: secret } = env();
  return secret ? { "x-vercel-protection-bypass": secret } : {};
}

const internal = (path: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
  fetch(new URL(`/api/internal/metering/${path}`, env().INTERNAL_URL ?? env().AUTH_URL), {
    method: "POST",
    headers: {
      Authorization: `Bearer ${env().INTERNAL_SECRET}`,
      "Content-Type": "application/json",
      ...pastProtection(),
    },
    body: JSON.stringify(body),
    cache: "no-store",
    ...(signal ? { signal } : {}),
  });

const load = async (wanted: Wanted, signal: AbortSignal): Promise<LoadAnswer> => {
  try {
    const answer = await internal("load", wanted, signal);
    if (!answer.ok) return "failed";
    const { found } = (await answer.json()) as { found?: boolean };
    return found === false ? "unknown" : "loaded";
  } catch {
    return "failed";
  }
};

let deps: MeterDeps | undefined;

/** Metering as the Next edge hosts it. Made on the first request: the environment is not there at build time. */
function meter(): MeterDeps {
  if (deps) return deps;
  const waker = new Waker(async (partitions) => {
    await internal("drain", { partitions, latencies: latencies().take() }, AbortSignal.timeout(WAKE_TIMEOUT_MS));
  }, WAKE_INTERVAL_MS);
  const notes = new RefusalNotes();
  const scribe = new Waker(() => writeRefusals(redis(), notes, Date.now()), NOTES_INTERVAL_MS);
  deps = {
    redis: redis(),
    hashes: new KeyHashes(env().API_KEY_PEPPER),
    budgetMs: env().METERING_BUDGET_MS,
    maxBacklog: env().METERING_MAX_BACKLOG,
    load,
    // The host waits for one wake and whatever is noted while it is under way; a wait for each request would cost more
    // than the wake itself.
    wake: (partition) => {
      if (waker.busy) void waker.wake(partition);
      else after(() => waker.wake(partition));
    },
    refused: (partition, hmac, code) => {
      if (!notes.note(partition, hmac, code, Date.now())) return;
      if (scribe.busy) void scribe.wake(partition);
      else after(() => scribe.wake(partition));
    },
    misses: new MissLimit(),
    clock: { offset: null },
    now: Date.now,
  };
  return deps;
}

/** A verb of the meter, timed; and traced where a collector is named and the request is one of those it wants. */
async function served(group: Group, request: Request, verb: (deps: MeterDeps) => Promise<Response>): Promise<Response> {
  const traces = tracer();
  const context = traces?.begin(request.headers.get("traceparent"));
  if (!traces || !context) return timed(group, () => verb(meter()));
  const startMs = Date.now();
  const response = await timed(group, () => verb({ ...meter(), trace: writeTraceparent(context) }));
  const { status } = response;
  const attributes = {
    "http.request.method": request.method,
    "http.route": `/api/v1/customer/tokens/${group}`,
    "http.response.status_code": status,
  };
  traces.end(context, { name: `POST ${group}`, kind: "server", startMs, attributes, failed: status >= 500 });
  after(() => traces.flush());
  return response;
}

/** `/api/v1/customer/tokens/consume` on Next's edge runtime. */
export const consumeRoute = {
  POST: (request: Request): Promise<Response> => served("consume", request, (deps) => handleConsume(request, deps)),
  OPTIONS: handleConsumeOptions,
};

/** `…/consume/batch`. */
export const batchRoute = {
  POST: (request: Request): Promise<Response> => served("consume", request, (deps) => handleBatch(request, deps)),
  OPTIONS: handleConsumeOptions,
};

type Context = { readonly params: Promise<{ readonly id: string }> };

/** `…/reservations`. */
export const holdRoute = (request: Request): Promise<Response> =>
  served("reservations", request, (deps) => handleHold(request, deps));

/** `…/reservations/{id}/settle` and `…/release`. */
export const resolveRoute =
  (verb: "settle" | "release") =>
  async (request: Request, { params }: Context): Promise<Response> =>
    served("reservations", request, async (deps) => handleResolve(request, deps, { id: (await params).id, verb }));
