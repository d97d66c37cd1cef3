import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { webhookDeliveries, webhookEndpoints, webhookMessages } from "@/db/schema/webhooks";
import { recordAudit } from "@/features/audit/service";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { OutgoingError, type Outside, outside, safeFetch } from "@/lib/safe-fetch";
import { queueMail, tell } from "../service";
import { EVENTS, envelope } from "../webhook-catalogue/contract";
import { signatureHeaders, unseal } from "../webhook-signing/service";
import type { DeliveryDetail } from "../webhooks/contract";
import { deliveryOf, endpointOf } from "../webhooks/queries";
import { ANSWER_BYTES, PATIENCE_MS, pauseAfter, verdict, wishOf } from "../webhooks/rules";
import { giveUpPending } from "../webhooks/service";

export interface DeliveryDeps {
  readonly db: Db;
  /** The way out; tests give it a resolver of their own. */
  readonly out?: Outside;
  readonly now?: () => Date;
  /** From 0 up to 1; what the pauses differ by. */
  readonly chance?: () => number;
  readonly patienceMs?: number;
  /** Called where a test wants the process to die. */
  readonly at?: (point: "claimed" | "answered") => Promise<void> | void;
}

/** How long whoever makes an attempt has the delivery for itself: longer than any takes. */
const LEASE = sql`interval '60 seconds'`;

/** A delivery that is ours for one attempt. */
export interface Claim {
  readonly id: string;
  readonly customerId: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly body: string;
  readonly attempts: number;
  readonly url: string;
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly previousUntil: Date | null;
  /** A test makes one attempt, and its end says nothing of the endpoint. */
  readonly test: boolean;
}

const CLAIMED = {
  id: webhookDeliveries.id,
  customerId: webhookDeliveries.customerId,
  endpointId: webhookDeliveries.endpointId,
  messageId: webhookDeliveries.messageId,
  attempts: webhookDeliveries.attempts,
  body: webhookMessages.body,
  url: webhookEndpoints.url,
  secret: webhookEndpoints.secret,
  previousSecret: webhookEndpoints.previousSecret,
  previousUntil: webhookEndpoints.previousUntil,
} as const;

/** Takes the delivery of an endpoint that is due first; null where none is. Whoever dies with it leaves it to the next. */
export async function claimNext(db: Db, endpointId: string): Promise<Claim | null> {
  // As an array it is asked once: a subquery that is joined may be asked again for each row, and take more than its limit.
  const next = db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.endpointId, endpointId),
        eq(webhookDeliveries.status, "pending"),
        sql`${webhookDeliveries.nextAttemptAt} <= now()`,
      ),
    )
    .orderBy(webhookDeliveries.nextAttemptAt, webhookDeliveries.id)
    .limit(1)
    .for("update", { skipLocked: true });
  const [row] = await db
    .update(webhookDeliveries)
    .set({ attempts: sql`${webhookDeliveries.attempts} + 1`, nextAttemptAt: sql`now() + ${LEASE}` })
    .from(webhookMessages)
    .innerJoin(webhookEndpoints, and(eq(webhookEndpoints.id, endpointId), eq(webhookEndpoints.enabled, true)))
    .where(and(sql`${webhookDeliveries.id} = any(array${next})`, eq(webhookMessages.id, webhookDeliveries.messageId)))
    .returning(CLAIMED);
  return row ? { ...row, test: false } : null;
}

interface Outcome {
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
  readonly durationMs: number;
  readonly wishMs: number | null;
}

/** Sends one attempt. Whatever the receiver does, it is an outcome; only what is our own fault is thrown. */
async function send(deps: DeliveryDeps, claim: Claim): Promise<Outcome> {
  const now = deps.now?.() ?? new Date();
  const both = claim.previousSecret !== null && claim.previousUntil !== null && claim.previousUntil > now;
  const sealed = both && claim.previousSecret ? [claim.secret, claim.previousSecret] : [claim.secret];
  const secrets = sealed.map((secret) => unseal(claim.endpointId, secret));
  const started = performance.now();
  try {
    const answer = await safeFetch(
      claim.url,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "VARAi-Webhooks",
          ...signatureHeaders(secrets, { id: claim.messageId, body: claim.body }, now),
        },
        body: claim.body,
        timeoutMs: deps.patienceMs ?? PATIENCE_MS,
        maxBytes: ANSWER_BYTES,
        overflow: "cut",
      },
      deps.out ?? outside(),
    );
    const { status, durationMs } = answer;
    const redirects = status >= 300 && status < 400;
    return {
      status,
      durationMs,
      error:
        status >= 200 && status < 300
          ? null
          : redirects
            ? `It answered ${status}, a redirect; webhooks do not follow any.`
            : `It answered ${status}.`,
      // Postgres takes no zero byte in a text.
      answer: answer.body.toString("utf8").replaceAll("\0", "\uFFFD"),
      wishMs: status === 429 || status === 503 ? wishOf(answer.headers["retry-after"], now) : null,
    };
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    const durationMs = Math.round(performance.now() - started);
    return { status: null, error: error.message, answer: null, durationMs, wishMs: null };
  }
}

/** Makes one attempt and notes what came of it. @returns whether it was delivered */
export async function attempt(deps: DeliveryDeps, claim: Claim): Promise<boolean> {
  await deps.at?.("claimed");
  const outcome = await send(deps, claim);
  await deps.at?.("answered");
  await deps.db.transaction((tx) => note(tx, deps, claim, outcome));
  return outcome.error === null;
}

/** The endpoint's row is locked before a delivery's, here and wherever both are written, so that nobody waits in a circle. */
async function note(tx: Tx, deps: DeliveryDeps, claim: Claim, outcome: Outcome): Promise<void> {
  const { status, error, answer, durationMs } = outcome;
  const told = claim.test ? null : await judge(tx, deps, claim, outcome);
  await tx.execute(sql`
    insert into webhook_attempts (delivery_id, duration_ms, status, error, answer, manual)
    select ${claim.id}::uuid, ${durationMs}::int, ${status}::smallint, ${error}, ${answer},
      ${claim.test} or (${claim.attempts}::int = 1 and exists (select from webhook_attempts where delivery_id = ${claim.id}::uuid))`);
  const pause =
    claim.test || told === "off" ? null : pauseAfter(claim.attempts, (deps.chance ?? Math.random)(), outcome.wishMs);
  const next =
    error === null
      ? { status: "delivered" as const, deliveredAt: sql`now()` }
      : pause === null
        ? { status: "failed" as const }
        : { nextAttemptAt: sql`now() + ${pause} * interval '1 millisecond'` };
  await tx
    .update(webhookDeliveries)
    .set({ lastStatus: status, lastError: error, ...next })
    .where(eq(webhookDeliveries.id, claim.id));
}

/** What an attempt says of its endpoint: that it works again, that it fails, or that it has failed for too long. */
async function judge(tx: Tx, deps: DeliveryDeps, claim: Claim, { status, error }: Outcome): Promise<"on" | "off"> {
  const row = eq(webhookEndpoints.id, claim.endpointId);
  if (error === null) {
    await tx
      .update(webhookEndpoints)
      .set({ failingSince: null })
      .where(and(row, sql`${webhookEndpoints.failingSince} is not null`));
    return "on";
  }
  const now = deps.now?.() ?? new Date();
  const [endpoint] = await tx
    .update(webhookEndpoints)
    .set({ failingSince: sql`coalesce(${webhookEndpoints.failingSince}, ${now.toISOString()}::timestamptz)` })
    .where(and(row, eq(webhookEndpoints.enabled, true)))
    .returning({ failingSince: webhookEndpoints.failingSince, url: webhookEndpoints.url });
  if (!endpoint?.failingSince) return "off";
  const said = verdict(endpoint.failingSince, now, status);
  if (said === "go on") return "on";
  const customerId = mintCustomerId(claim.customerId);
  const since = endpoint.failingSince.toISOString();
  const facts = { endpoint_id: claim.endpointId, host: new URL(endpoint.url).host, since, error };
  const mail = (kind: string) => ({
    key: `webhooks.${kind}:${claim.endpointId}:${since}`,
    kind: `webhooks.${kind}`,
    facts,
    roles: ["admin"] as const,
  });
  if (said === "warn") {
    await queueMail(tx, customerId, mail("failing"));
    return "on";
  }
  const reason = said === "disable: gone" ? "gone" : "failing";
  await tx.update(webhookEndpoints).set({ enabled: false, disabledReason: reason, disabledAt: sql`now()` }).where(row);
  await giveUpPending(tx, claim.endpointId, "The endpoint was turned off, because it failed for days.");
  await recordAudit(
    tx,
    { customerId, actor: { type: "system", id: "webhooks" } },
    { action: "webhook.disabled", subject: claim.endpointId, details: { reason, since } },
  );
  const { key, kind, roles } = mail(reason === "gone" ? "gone" : "disabled");
  await tell(deps.db, tx, customerId, {
    key,
    kind: "webhook_disabled",
    tone: "stopped",
    title: `The webhook to ${facts.host} was turned off`,
    body:
      reason === "gone"
        ? "It answered 410 Gone, which says that it wants no more events. What happens from now on is not sent there."
        : "Nothing has reached it for three days. What happens from now on is not sent there until you turn it on again.",
    href: `/settings/webhooks/${claim.endpointId}`,
    action: "Open the webhook",
    roles,
    mail: { kind, facts },
    digestAt: now,
  });
  logger.info({ endpoint: claim.endpointId, reason }, "a webhook endpoint was turned off");
  return "off";
}

/**
 * Sends a test event to an endpoint now, whatever it has chosen, on or off, and waits for what comes back. One attempt.
 * @throws Refusal `not_found`
 */
export async function sendTest(
  ctx: Ctx,
  input: { id: string },
  deps: DeliveryDeps = { db: ctx.db },
): Promise<DeliveryDetail> {
  const { id: endpointId } = await endpointOf(ctx, input.id);
  const [messageId, id] = [uuidv7(), uuidv7()];
  const data = EVENTS["webhook.test"].data.parse({ message: "This is a test. Nothing has happened." });
  const type = "webhook.test";
  const body = JSON.stringify(envelope.parse({ type, timestamp: new Date().toISOString(), version: 1, data }));
  const claim = await ctx.db.transaction(async (tx) => {
    await tx.insert(webhookMessages).values({ id: messageId, customerId: ctx.customerId, type, body });
    const nextAttemptAt = sql`now() + ${LEASE}`;
    await tx
      .insert(webhookDeliveries)
      .values({ id, customerId: ctx.customerId, messageId, endpointId, attempts: 1, nextAttemptAt });
    await recordAudit(tx, ctx, { action: "webhook.tested", subject: endpointId });
    const [row] = await tx
      .select(CLAIMED)
      .from(webhookDeliveries)
      .innerJoin(webhookMessages, eq(webhookMessages.id, webhookDeliveries.messageId))
      .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, webhookDeliveries.endpointId))
      .where(eq(webhookDeliveries.id, id));
    return row;
  });
  if (!claim) throw new Error("The test was not written");
  await attempt(deps, { ...claim, test: true });
  return deliveryOf(ctx, id);
}

/** What was attempted in vain is over with its message; the log of attempts goes with it. */
export async function forgetOld(db: Db, days: number): Promise<void> {
  await db.execute(sql`
    delete from webhook_messages m where m.id in (
      select id from webhook_messages o where o.created_at < now() - ${days} * interval '1 day'
        and not exists (select from webhook_deliveries d where d.message_id = o.id and d.status = 'pending')
      limit 5000)`);
  await db.execute(sql`
    delete from webhook_endpoints e where e.deleted_at < now() - interval '1 hour'
      and not exists (select from webhook_deliveries d where d.endpoint_id = e.id)`);
}
