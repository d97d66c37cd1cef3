import { and, count, eq, inArray, isNull, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { webhookDeliveries, webhookEndpoints } from "@/db/schema/webhooks";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import { type CustomerId, uuidv7 } from "@/lib/ids";
import { checkUrl, OutgoingError } from "@/lib/safe-fetch";
import { EVENTS, type EventData, type EventName, envelope } from "../webhook-catalogue/contract";
import { mintSecret, seal, sealAnew } from "../webhook-signing/service";
import type { CreateEndpointInput, EndpointView, Revealed } from "./contract";
import { endpointOf } from "./queries";
import { MOST_ENDPOINTS, OVERLAP_MS } from "./rules";

export interface Happened {
  /** What it tells of, such as `in_123`; with the type, it is told once. Without one it can happen over and over. */
  readonly key?: string;
  readonly at?: Date;
}

/**
 * Tells the brand's endpoints that something happened. Takes the transaction of the thing itself, so that a kill between
 * the two loses neither; the worker delivers after the commit. Where nobody wants to know, nothing is written.
 * @throws ZodError where the data are not what the catalogue promises
 */
export async function emit<Name extends EventName>(
  tx: Tx,
  customerId: CustomerId,
  type: Name,
  data: EventData<Name>,
  { key, at }: Happened = {},
): Promise<void> {
  const body = JSON.stringify(
    envelope.parse({
      type,
      timestamp: (at ?? new Date()).toISOString(),
      version: EVENTS[type].version,
      data: EVENTS[type].data.parse(data),
    }),
  );
  await tx.execute(sql`
    with listeners as (
      select id from webhook_endpoints
      where customer_id = ${customerId} and enabled and deleted_at is null and (events is null or ${type} = any(events))
    ), message as (
      insert into webhook_messages (id, customer_id, type, key, body)
      select ${uuidv7()}::uuid, ${customerId}::uuid, ${type}, ${key === undefined ? null : `${type}:${key}`}, ${body}
      where exists (select from listeners)
      on conflict (customer_id, key) do nothing returning id
    )
    insert into webhook_deliveries (id, customer_id, message_id, endpoint_id)
    select gen_random_uuid(), ${customerId}::uuid, message.id, listeners.id from message cross join listeners`);
}

/** Tells of the same kind of thing for many brands, asking once who of them wants to know. */
export async function emitEach<Name extends EventName>(
  tx: Tx,
  type: Name,
  happened: readonly ({ readonly customerId: CustomerId; readonly data: EventData<Name> } & Happened)[],
): Promise<void> {
  if (happened.length === 0) return;
  const rows = await tx.execute<{ customer_id: string }>(sql`
    select distinct customer_id from webhook_endpoints
    where customer_id = any(${listOf([...new Set(happened.map((one) => one.customerId))])}::uuid[])
      and enabled and deleted_at is null and (events is null or ${type} = any(events))`);
  const listening = new Set(rows.map((row) => row.customer_id));
  for (const { customerId, data, ...more } of happened) {
    if (listening.has(customerId)) await emit(tx, customerId, type, data, more);
  }
}

const own = (ctx: Ctx, id: string) =>
  and(eq(webhookEndpoints.customerId, ctx.customerId), eq(webhookEndpoints.id, id), isNull(webhookEndpoints.deletedAt));
const noSuch = () => new Refusal("not_found", "There is no such endpoint.");

/** @throws Refusal `invalid_request` that names the field */
function requireAddress(url: string): string {
  try {
    return checkUrl(url).href;
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    throw new Refusal("invalid_request", error.message, { fields: [{ path: "url", message: error.message }] });
  }
}

/** The host is enough for a log that many may read: an address may carry a secret of the receiver's. */
const hostOf = (url: string): string => new URL(url).host;

/**
 * Makes an endpoint. Its secret is returned here and never again.
 * @throws Refusal `invalid_request` for an address we do not call, or where the brand has as many as it may
 */
export async function createEndpoint(ctx: Ctx, input: CreateEndpointInput): Promise<Revealed> {
  const url = requireAddress(input.url);
  const [id, secret] = [uuidv7(), mintSecret()];
  await ctx.db.transaction(async (tx) => {
    // One after the other within a brand, so that two at once do not both see room for one.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext(${ctx.customerId}))`);
    const [there] = await tx
      .select({ n: count() })
      .from(webhookEndpoints)
      .where(and(eq(webhookEndpoints.customerId, ctx.customerId), isNull(webhookEndpoints.deletedAt)));
    if ((there?.n ?? 0) >= MOST_ENDPOINTS) {
      throw new Refusal("invalid_request", `A brand may have ${MOST_ENDPOINTS} endpoints. Delete one first.`);
    }
    const { description, events } = input;
    await tx.insert(webhookEndpoints).values({
      id,
      customerId: ctx.customerId,
      url,
      description,
      events,
      secret: seal(id, secret),
    });
    await recordAudit(tx, ctx, { action: "webhook.created", subject: id, details: { host: hostOf(url), events } });
  });
  return { endpoint: await endpointOf(ctx, id), secret };
}

/**
 * Changes address, description and choice of events. What is on its way goes to the new address, and what the old one failed
 * in says nothing of the new.
 */
export async function updateEndpoint(ctx: Ctx, input: CreateEndpointInput & { id: string }): Promise<EndpointView> {
  const { id, description, events } = input;
  const url = requireAddress(input.url);
  const failingSince = sql`case when ${webhookEndpoints.url} = ${url} then ${webhookEndpoints.failingSince} end`;
  const set = { url, description, events, failingSince };
  await change(ctx, id, set, "webhook.changed", { host: hostOf(url), events });
  return endpointOf(ctx, id);
}

/** Turns an endpoint on or off. While it is off nothing is kept for it; what was on its way is given up. */
export async function setEnabled(ctx: Ctx, input: { id: string; enabled: boolean }): Promise<EndpointView> {
  const { id, enabled } = input;
  const set = { enabled, disabledReason: null, disabledAt: enabled ? null : sql`now()`, failingSince: null };
  await change(ctx, id, set, enabled ? "webhook.turned_on" : "webhook.turned_off", {}, async (tx) => {
    if (!enabled) await giveUpPending(tx, id, "The endpoint was turned off.");
  });
  return endpointOf(ctx, id);
}

/** Deletes an endpoint, with what was on its way to it. */
export async function removeEndpoint(ctx: Ctx, input: { id: string }): Promise<{ id: string }> {
  await change(ctx, input.id, { enabled: false, deletedAt: sql`now()` }, "webhook.deleted", {}, (tx) =>
    giveUpPending(tx, input.id, "The endpoint was deleted."),
  );
  return { id: input.id };
}

/**
 * Gives an endpoint a new secret. For a day both sign, so that a receiver can be told the new one without missing an
 * event; of two rotations within a day the older secret ends at once.
 */
export async function rotateSecret(ctx: Ctx, input: { id: string }): Promise<Revealed> {
  const secret = mintSecret();
  const set = {
    previousSecret: sql`${webhookEndpoints.secret}`,
    previousUntil: sql`now() + ${OVERLAP_MS} * interval '1 millisecond'`,
    secret: seal(input.id, secret),
  };
  await change(ctx, input.id, set, "webhook.secret_rotated", {});
  return { endpoint: await endpointOf(ctx, input.id), secret };
}

type Change = { [Column in keyof typeof webhookEndpoints.$inferInsert]?: unknown };

async function change(
  ctx: Ctx,
  id: string,
  set: Change,
  action: string,
  details: Record<string, unknown>,
  also?: (tx: Tx) => Promise<void>,
): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(webhookEndpoints)
      .set(set as Partial<typeof webhookEndpoints.$inferInsert>)
      .where(own(ctx, id))
      .returning({ id: webhookEndpoints.id });
    if (!row) throw noSuch();
    await also?.(tx);
    await recordAudit(tx, ctx, { action, subject: id, details });
  });
}

/** Ends what is on its way to an endpoint; its row must be locked by then, as whoever notes an attempt locks it. */
export async function giveUpPending(tx: Tx, endpointId: string, why: string): Promise<void> {
  await tx
    .update(webhookDeliveries)
    .set({ status: "failed", lastError: why })
    .where(and(eq(webhookDeliveries.endpointId, endpointId), eq(webhookDeliveries.status, "pending")));
}

/** A test is one attempt; another test is another event. */
const notATest = sql`not exists (select from webhook_messages m
  where m.id = ${webhookDeliveries.messageId} and m.type = 'webhook.test')`;
/** How many deliveries one press sends again. */
const MOST_REPLAYED = 1_000;

/**
 * Sends again what was delivered or given up, under the same id and to the byte: a receiver that had it can tell.
 * @param input one delivery, or all of an endpoint that were given up within the days that are kept
 * @throws Refusal `not_found`, `invalid_request` where the endpoint is off
 */
export async function replay(
  ctx: Ctx,
  input: { readonly id: string } | { readonly endpointId: string },
): Promise<{ replayed: number; endpointId: string }> {
  return ctx.db.transaction(async (tx) => {
    const [one] =
      "id" in input
        ? await tx
            .select({ endpointId: webhookDeliveries.endpointId })
            .from(webhookDeliveries)
            .where(and(eq(webhookDeliveries.customerId, ctx.customerId), eq(webhookDeliveries.id, input.id)))
        : [input];
    const [endpoint] = one
      ? await tx
          .select({ id: webhookEndpoints.id, enabled: webhookEndpoints.enabled })
          .from(webhookEndpoints)
          .where(own(ctx, one.endpointId))
          .for("update")
      : [];
    if (!endpoint) throw new Refusal("not_found", "There is no such delivery.");
    if (!endpoint.enabled) throw new Refusal("invalid_request", "The endpoint is off. Turn it on first.");
    const which =
      "id" in input
        ? [input.id]
        : tx
            .select({ id: webhookDeliveries.id })
            .from(webhookDeliveries)
            .where(and(eq(webhookDeliveries.endpointId, endpoint.id), eq(webhookDeliveries.status, "failed"), notATest))
            .orderBy(webhookDeliveries.createdAt)
            .limit(MOST_REPLAYED);
    const again = await tx
      .update(webhookDeliveries)
      .set({ status: "pending", attempts: 0, nextAttemptAt: sql`now()`, deliveredAt: null })
      .where(and(eq(webhookDeliveries.customerId, ctx.customerId), inArray(webhookDeliveries.id, which), notATest))
      .returning({ id: webhookDeliveries.id });
    await recordAudit(tx, ctx, {
      action: "webhook.replayed",
      subject: endpoint.id,
      details: "id" in input ? { delivery: input.id } : { deliveries: again.length },
    });
    return { replayed: again.length, endpointId: endpoint.id };
  });
}

/**
 * Writes every secret anew under the first of ENCRYPTION_KEYS; for operators, before an old key is taken out. Safe to repeat.
 * @returns how many endpoints were written
 */
export async function rotateSealedSecrets(db: Db): Promise<number> {
  const rows = await db.select({ id: webhookEndpoints.id }).from(webhookEndpoints);
  let written = 0;
  for (const { id } of rows) {
    // Under the row's lock, so that a rotation of the secret itself is not undone.
    written += await db.transaction(async (tx) => {
      const own = eq(webhookEndpoints.id, id);
      const [row] = await tx.select().from(webhookEndpoints).where(own).for("update");
      if (!row) return 0;
      const secret = sealAnew(id, row.secret);
      const previousSecret = row.previousSecret === null ? null : sealAnew(id, row.previousSecret);
      if (secret === row.secret && previousSecret === row.previousSecret) return 0;
      await tx.update(webhookEndpoints).set({ secret, previousSecret }).where(own);
      return 1;
    });
  }
  return written;
}
