import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { backlogs, ledgerFigures, type WorkFigures, workFigures } from "@/features/metering/metrics/queries";
import { webhookFigures } from "@/features/notifications/webhooks/queries";
import { env } from "@/lib/env";
import { latencies } from "@/lib/latency";
import { logger } from "@/lib/logger";
import { apiHeaders, requestIdOf } from "@/lib/problem";
import { turnedAway } from "./guard";
import { ALL_UPKEEP, metering } from "./metering";

/** How long a store may take over its figures, ms: a collector must not wait for one that hangs. */
const PATIENCE_MS = 5_000;

// One set per process, also across hot reloads in development.
const held = globalThis as typeof globalThis & { connectedAppsMetrics?: Registry };

/** What Node tells of this process. */
function ofProcess(): Registry {
  if (!held.connectedAppsMetrics) {
    held.connectedAppsMetrics = new Registry();
    collectDefaultMetrics({ register: held.connectedAppsMetrics });
  }
  return held.connectedAppsMetrics;
}

/** A set of figures made anew for each answer: they are the stores', not this process's, whichever process answers. */
class Figures {
  readonly registry = new Registry();

  gauge(name: string, help: string, value: number): void {
    new Gauge({ name, help, registers: [this.registry] }).set(value);
  }

  counter(name: string, help: string, value: number): void {
    new Counter({ name, help, registers: [this.registry] }).inc(value);
  }

  gauges<L extends string>(name: string, help: string, label: L, values: readonly (readonly [string, number])[]): void {
    const gauge = new Gauge({ name, help, labelNames: [label], registers: [this.registry] });
    for (const [of, value] of values) gauge.labels(of).set(value);
  }

  counters<L extends string>(
    name: string,
    help: string,
    label: L,
    values: readonly (readonly [string, number])[],
  ): void {
    const counter = new Counter({ name, help, labelNames: [label], registers: [this.registry] });
    for (const [of, value] of values) counter.labels(of).inc(value);
  }
}

async function redisFigures(figures: Figures): Promise<void> {
  const waiting = await backlogs(metering().redis);
  figures.gauges(
    "metering_outbox_events",
    "Events that wait to be written into the ledger",
    "partition",
    waiting.map(({ partition, events }) => [String(partition), events]),
  );
  figures.gauges(
    "metering_outbox_lag_seconds",
    "Age of the oldest event that waits",
    "partition",
    waiting.map(({ partition, lagSeconds }) => [String(partition), lagSeconds]),
  );
}

async function postgresFigures(figures: Figures): Promise<void> {
  const [ledger, work, webhooks] = await Promise.all([
    ledgerFigures(metering().db),
    workFigures(metering().db),
    webhookFigures(metering().db),
  ]);
  workAround(figures, work);
  const webhookStates = Object.entries(webhooks.deliveries);
  figures.gauges("webhook_deliveries", "Webhooks of the last 30 days by how they stand", "status", webhookStates);
  figures.gauge(
    "webhook_delivery_lag_seconds",
    "How long the oldest webhook that is due has waited",
    webhooks.lagSeconds,
  );
  figures.gauges(
    "webhook_endpoints",
    "Receivers of webhooks by how they stand",
    "state",
    Object.entries(webhooks.endpoints),
  );
  figures.counters(
    "metering_drained_events_total",
    "Events taken out of the outbox, by whichever process",
    "partition",
    ledger.partitions.map(({ partition, drained }) => [String(partition), drained]),
  );
  figures.counters(
    "metering_drained_tokens_total",
    "Tokens of the uses among them",
    "partition",
    ledger.partitions.map(({ partition, drainedTokens }) => [String(partition), drainedTokens]),
  );
  figures.gauges(
    "metering_last_drain_timestamp_seconds",
    "When the partition was last drained",
    "partition",
    ledger.partitions.flatMap(({ partition, lastDrained }) =>
      lastDrained === null ? [] : [[String(partition), lastDrained] as const],
    ),
  );
  const letters = Object.entries(ledger.lettersOpen);
  figures.gauges("metering_dead_letters_open", "Dead letters that nobody has resolved", "reason", letters);
  figures.counter("metering_epochs_total", "Epochs opened: every hydrate, planned or not", ledger.epochs);
  figures.counter(
    "metering_unplanned_epochs_total",
    "Epochs after something may have been lost",
    ledger.unplannedEpochs,
  );
  figures.counter("metering_tokens_lost_total", "Tokens known to be lost", ledger.tokensLost);
  figures.counter("metering_losses_unknown_total", "Loss reports that do not know how much", ledger.lossesUnknown);
  figures.gauge("metering_accounts_closed", "Accounts that are closed until their next use", ledger.accountsClosed);
  figures.gauge("metering_intents_open", "Grants and corrections on their way to the ledger", ledger.intentsOpen);
  figures.gauge("metering_intents_lag_seconds", "How long the oldest of them has waited", ledger.intentsLagSeconds);
  if (!ledger.drift) return;
  figures.gauge("metering_drift_breaches", "Breaches found by the last look for drift", ledger.drift.breaches);
  figures.gauge("metering_drift_checked_timestamp_seconds", "When it was", ledger.drift.checkedAt);
}

/** What is done beside the ledger: mails, Stripe's events, scheduled jobs, apps turned on. */
function workAround(figures: Figures, work: WorkFigures): void {
  figures.gauges("mails", "Mails by how they stand", "status", Object.entries(work.mails));
  figures.gauge("mail_lag_seconds", "How long the oldest mail that is due has waited", work.mailLagSeconds);
  figures.counter("stripe_events_total", "Events that Stripe has told", work.stripeEvents);
  figures.gauge("stripe_events_failed", "Of them, those that could not be dealt with yet", work.stripeFailed);
  figures.gauge("app_activations_last_day", "Apps that brands turned on in the last 24 hours", work.activationsLastDay);
  const { jobs } = work;
  figures.counters(
    "job_failures_total",
    "Failed runs of scheduled jobs",
    "name",
    jobs.map(({ name, failures }) => [name, failures]),
  );
  figures.gauges(
    "job_duration_seconds",
    "How long the last run took",
    "name",
    jobs.map(({ name, tookMs }) => [name, tookMs / 1000]),
  );
  figures.gauges(
    "job_last_success_timestamp_seconds",
    "When a scheduled job last ended well; noted twice a minute at most",
    "name",
    jobs.flatMap(({ name, succeeded }) => (succeeded === null ? [] : [[name, succeeded] as const])),
  );
  // What is late for a job of each second is early for one of each day; and one that is no more has no pace, and is not missed.
  figures.gauges(
    "job_every_seconds",
    "How often a scheduled job is done where all is well",
    "name",
    ALL_UPKEEP.map(({ name, everyMs }) => [name, everyMs / 1000]),
  );
}

/**
 * `GET /api/metrics`: Prometheus text, for a collector that shows METRICS_TOKEN; without that variable there is no such
 * address. Where a store is away its figures are missing and `connected_apps_store_up` is 0.
 */
export async function getMetrics(request: Request): Promise<Response> {
  const away = await turnedAway(request, env().METRICS_TOKEN);
  if (away) return away;
  const sources = { postgres: postgresFigures, redis: redisFigures };
  const answers = await Promise.all(
    Object.entries(sources).map(async ([store, collect]) => {
      const figures = new Figures();
      const late = new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error("It took too long")), PATIENCE_MS).unref(),
      );
      try {
        await Promise.race([collect(figures), late]);
        return { store, up: 1, registry: figures.registry };
      } catch (error) {
        logger.warn({ err: error, store }, "a store did not give its figures");
        return { store, up: 0, registry: new Registry() };
      }
    }),
  );
  const stores = new Figures();
  stores.gauges(
    "connected_apps_store_up",
    "1 where the store gave its figures",
    "store",
    answers.map(({ store, up }) => [store, up]),
  );
  const all = Registry.merge([stores.registry, ...answers.map(({ registry }) => registry), ofProcess()]);
  return new Response((await all.metrics()) + latencies().text(), {
    headers: { ...apiHeaders(requestIdOf(request)), "Content-Type": all.contentType },
  });
}
