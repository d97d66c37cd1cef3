import { and, asc, desc, eq, ilike, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { webhookAttempts, webhookDeliveries, webhookEndpoints, webhookMessages } from "@/db/schema/webhooks";
import { Refusal } from "@/lib/errors";
import { messageName } from "../webhook-signing/service";
import type { DeliveriesInput, DeliveryDetail, DeliveryView, EndpointView } from "./contract";

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** The brand's endpoints, the oldest first, with what came of the last seven days. */
export async function viewsOf(ctx: Ctx, id?: string): Promise<EndpointView[]> {
  const week = sql`${webhookDeliveries.createdAt} > now() - interval '7 days'`;
  const counts = ctx.db
    .select({
      endpointId: webhookDeliveries.endpointId,
      delivered: sql<number>`count(*) filter (where ${webhookDeliveries.status} = 'delivered')::int`.as("delivered"),
      failed: sql<number>`count(*) filter (where ${webhookDeliveries.status} = 'failed')::int`.as("failed"),
      waiting: sql<number>`count(*) filter (where ${webhookDeliveries.status} = 'pending')::int`.as("waiting"),
    })
    .from(webhookDeliveries)
    // A test counts for nobody.
    .innerJoin(
      webhookMessages,
      and(eq(webhookMessages.id, webhookDeliveries.messageId), ne(webhookMessages.type, "webhook.test")),
    )
    .where(and(eq(webhookDeliveries.customerId, ctx.customerId), week))
    .groupBy(webhookDeliveries.endpointId)
    .as("counts");
  const rows = await ctx.db
    .select({
      id: webhookEndpoints.id,
      url: webhookEndpoints.url,
      description: webhookEndpoints.description,
      events: webhookEndpoints.events,
      enabled: webhookEndpoints.enabled,
      disabledReason: webhookEndpoints.disabledReason,
      disabledAt: webhookEndpoints.disabledAt,
      failingSince: webhookEndpoints.failingSince,
      previousUntil:
        sql<Date | null>`case when ${webhookEndpoints.previousUntil} > now() then ${webhookEndpoints.previousUntil} end`.mapWith(
          webhookEndpoints.previousUntil,
        ),
      createdAt: webhookEndpoints.createdAt,
      delivered: counts.delivered,
      failed: counts.failed,
      waiting: counts.waiting,
    })
    .from(webhookEndpoints)
    .leftJoin(counts, eq(counts.endpointId, webhookEndpoints.id))
    .where(
      and(
        eq(webhookEndpoints.customerId, ctx.customerId),
        isNull(webhookEndpoints.deletedAt),
        id === undefined ? undefined : eq(webhookEndpoints.id, id),
      ),
    )
    .orderBy(asc(webhookEndpoints.createdAt), asc(webhookEndpoints.id));
  return rows.map((row) => ({
    ...row,
    disabledAt: iso(row.disabledAt),
    failingSince: iso(row.failingSince),
    previousUntil: iso(row.previousUntil),
    createdAt: row.createdAt.toISOString(),
    delivered: row.delivered ?? 0,
    failed: row.failed ?? 0,
    waiting: row.waiting ?? 0,
  }));
}

/** @throws Refusal `not_found` where the brand has no such endpoint */
export async function endpointOf(ctx: Ctx, id: string): Promise<EndpointView> {
  const [view] = await viewsOf(ctx, id);
  if (!view) throw new Refusal("not_found", "There is no such endpoint.");
  return view;
}

const SHOWN = {
  id: webhookDeliveries.id,
  messageId: webhookDeliveries.messageId,
  type: webhookMessages.type,
  status: webhookDeliveries.status,
  attempts: webhookDeliveries.attempts,
  lastStatus: webhookDeliveries.lastStatus,
  lastError: webhookDeliveries.lastError,
  createdAt: webhookDeliveries.createdAt,
  deliveredAt: webhookDeliveries.deliveredAt,
  nextAttemptAt: webhookDeliveries.nextAttemptAt,
} as const;

type Shown = { readonly [Column in keyof typeof SHOWN]: (typeof SHOWN)[Column]["_"]["data"] | null };

const deliveryView = (row: Shown): DeliveryView => ({
  id: row.id as string,
  messageId: messageName(row.messageId as string),
  type: row.type as string,
  status: row.status as DeliveryView["status"],
  attempts: row.attempts ?? 0,
  lastStatus: row.lastStatus,
  lastError: row.lastError,
  createdAt: iso(row.createdAt) ?? "",
  deliveredAt: iso(row.deliveredAt),
  nextAttemptAt: row.status === "pending" ? iso(row.nextAttemptAt) : null,
});

const PAGE = 25;

/** What contains a text, its own wildcards taken literally. */
const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** What went to an endpoint, the newest first, in pages. @throws Refusal `not_found` */
export async function deliveriesOf(
  ctx: Ctx,
  input: DeliveriesInput,
): Promise<{ deliveries: DeliveryView[]; nextCursor: string | null }> {
  await endpointOf(ctx, input.endpointId);
  const search: SQL | undefined = input.search
    ? or(
        ilike(webhookMessages.type, containing(input.search)),
        ilike(webhookMessages.body, containing(input.search)),
        sql`'msg_' || replace(${webhookMessages.id}::text, '-', '') = ${input.search.toLowerCase()}`,
      )
    : undefined;
  const rows = await ctx.db
    .select(SHOWN)
    .from(webhookDeliveries)
    .innerJoin(webhookMessages, eq(webhookMessages.id, webhookDeliveries.messageId))
    .where(
      and(
        eq(webhookDeliveries.customerId, ctx.customerId),
        eq(webhookDeliveries.endpointId, input.endpointId),
        input.status ? eq(webhookDeliveries.status, input.status) : undefined,
        input.type ? eq(webhookMessages.type, input.type) : undefined,
        search,
        // The cursor is the last row's id; its time is looked up, because a text would cut its microseconds off.
        input.cursor
          ? sql`(${webhookDeliveries.createdAt}, ${webhookDeliveries.id}) < (select c.created_at, c.id
              from webhook_deliveries c where c.id::text = ${input.cursor} and c.customer_id = ${ctx.customerId})`
          : undefined,
      ),
    )
    .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
    .limit(PAGE + 1);
  const deliveries = rows.slice(0, PAGE).map(deliveryView);
  return { deliveries, nextCursor: rows.length > PAGE ? (deliveries.at(-1)?.id ?? null) : null };
}

/** One delivery with what was sent and every attempt, the newest first. @throws Refusal `not_found` */
export async function deliveryOf(ctx: Ctx, id: string): Promise<DeliveryDetail> {
  const [row] = await ctx.db
    .select({ ...SHOWN, endpointId: webhookDeliveries.endpointId, body: webhookMessages.body })
    .from(webhookDeliveries)
    .innerJoin(webhookMessages, eq(webhookMessages.id, webhookDeliveries.messageId))
    .where(and(eq(webhookDeliveries.customerId, ctx.customerId), eq(webhookDeliveries.id, id)));
  if (!row) throw new Refusal("not_found", "There is no such delivery.");
  const tries = await ctx.db
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.deliveryId, id))
    .orderBy(desc(webhookAttempts.id))
    .limit(50);
  return {
    ...deliveryView(row),
    endpointId: row.endpointId,
    body: row.body,
    tries: tries.map(({ deliveryId: _delivery, attemptedAt, ...attempt }) => ({
      ...attempt,
      attemptedAt: attemptedAt.toISOString(),
    })),
  };
}

/** How deliveries and endpoints of all brands stand; for operators. */
export async function webhookFigures(db: Reader): Promise<{
  readonly deliveries: Readonly<Record<"pending" | "delivered" | "failed", number>>;
  readonly lagSeconds: number;
  readonly endpoints: Readonly<Record<"on" | "failing" | "turned_off", number>>;
}> {
  const [row] = await db.execute(sql`
    select d.pending, d.delivered, d.failed, d.lag, e.healthy, e.failing, e.off
    from (select count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'delivered') as delivered, count(*) filter (where status = 'failed') as failed,
        -- Only what has not been tried yet: what waits for its next attempt waits for its receiver, not for us.
        coalesce(extract(epoch from now() - min(next_attempt_at)
          filter (where status = 'pending' and next_attempt_at < now())), 0) as lag from webhook_deliveries) d,
      (select count(*) filter (where enabled and failing_since is null) as healthy,
        count(*) filter (where enabled and failing_since is not null) as failing,
        count(*) filter (where not enabled and disabled_reason is not null) as off
        from webhook_endpoints where deleted_at is null) e`);
  const number = (name: string) => Number(row?.[name] ?? 0);
  return {
    deliveries: { pending: number("pending"), delivered: number("delivered"), failed: number("failed") },
    lagSeconds: number("lag"),
    endpoints: { on: number("healthy"), failing: number("failing"), turned_off: number("off") },
  };
}
