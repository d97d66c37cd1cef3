import { and, count, desc, eq, ilike, isNotNull, isNull, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { outgoingMails } from "@/db/schema/mail";
import { notificationPreferences, notifications } from "@/db/schema/notifications";
import { customers, memberships, users } from "@/db/schema/people";
import { KINDS, type ListInput, type ListOutput, type Preferences } from "./contract";
import { usualMode } from "./rules";

/** A mail that was given up, or that has failed and will be tried again. */
export interface TroubledMail {
  readonly id: string;
  readonly kind: string;
  readonly brand: string;
  readonly address: string;
  readonly status: "queued" | "failed";
  readonly attempts: number;
  readonly dueAt: Date;
  readonly lastError: string | null;
  readonly createdAt: Date;
}

/** Mails of all brands that did not go out, the newest first; for operators. */
export async function troubledMails(db: Reader, limit: number): Promise<TroubledMail[]> {
  const rows = await db
    .select({
      id: outgoingMails.id,
      kind: outgoingMails.kind,
      brand: sql<string>`coalesce(${customers.name}, 'no brand')`,
      address: sql<string>`coalesce(${outgoingMails.address}, ${users.email})`,
      status: outgoingMails.status,
      attempts: outgoingMails.attempts,
      dueAt: outgoingMails.dueAt,
      lastError: outgoingMails.lastError,
      createdAt: outgoingMails.createdAt,
    })
    .from(outgoingMails)
    .leftJoin(customers, eq(customers.id, outgoingMails.customerId))
    .leftJoin(users, eq(users.id, outgoingMails.userId))
    .where(
      or(
        eq(outgoingMails.status, "failed"),
        and(eq(outgoingMails.status, "queued"), isNotNull(outgoingMails.lastError)),
      ),
    )
    .orderBy(desc(outgoingMails.createdAt))
    .limit(limit);
  return rows.flatMap(({ status, ...row }) => (status === "sent" ? [] : [{ ...row, status }]));
}

/** How many mails of all brands wait, went out and were given up. */
export async function mailCounts(db: Reader): Promise<Record<"queued" | "sent" | "failed", number>> {
  const rows = await db
    .select({ status: outgoingMails.status, n: count() })
    .from(outgoingMails)
    .groupBy(outgoingMails.status);
  const found = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  return { queued: found.queued ?? 0, sent: found.sent ?? 0, failed: found.failed ?? 0 };
}

/** How many stand on a page. */
const PAGE = 25;

/** What the person was told, newest first. */
export async function listNotifications(ctx: Ctx, input: ListInput): Promise<ListOutput> {
  const [at, id] = input.cursor?.split("_") ?? [];
  const like = input.text ? `%${input.text.replace(/[\\%_]/g, "\\$&")}%` : undefined;
  // To the millisecond, as the cursor tells it.
  const created = sql`date_trunc('milliseconds', ${notifications.createdAt})`;
  const rows = await ctx.db
    .select()
    .from(notifications)
    .where(
      and(
        ...mine(ctx),
        input.unread ? isNull(notifications.readAt) : undefined,
        input.kind ? eq(notifications.kind, input.kind) : undefined,
        like ? or(ilike(notifications.title, like), ilike(notifications.body, like)) : undefined,
        at && id ? sql`(${created}, ${notifications.id}) < (${at}::timestamptz, ${id}::uuid)` : undefined,
      ),
    )
    .orderBy(sql`${created} desc`, desc(notifications.id))
    .limit(PAGE + 1);
  const shown = rows.slice(0, PAGE).map((row) => ({
    id: row.id,
    kind: row.kind,
    tone: row.tone,
    title: row.title,
    body: row.body,
    href: row.href,
    createdAt: row.createdAt.toISOString(),
    readAt: row.readAt?.toISOString() ?? null,
  }));
  const last = shown.at(-1);
  return { notifications: shown, cursor: rows.length > PAGE && last ? `${last.createdAt}_${last.id}` : null };
}

/** Only what this person was told, and in this brand. */
const mine = (ctx: Ctx) => [
  eq(notifications.customerId, ctx.customerId),
  eq(notifications.userId, ctx.actor.id),
  eq(notifications.shown, true),
];

/** How many the person has not read, up to 99: more than that nobody counts. */
export async function unreadCount(ctx: Ctx): Promise<number> {
  const rows = await ctx.db
    .select({ id: notifications.id })
    .from(notifications)
    .where(and(...mine(ctx), isNull(notifications.readAt)))
    .limit(99);
  return rows.length;
}

/** How the person is told of each kind, whether chosen or usual. */
export async function preferencesOf(ctx: Ctx): Promise<Preferences> {
  const [member] = await ctx.db
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.customerId, ctx.customerId), eq(memberships.userId, ctx.actor.id)));
  const rows = await ctx.db
    .select()
    .from(notificationPreferences)
    .where(
      and(eq(notificationPreferences.customerId, ctx.customerId), eq(notificationPreferences.userId, ctx.actor.id)),
    );
  const chosen = new Map(rows.map((row) => [`${row.kind} ${row.channel}`, row.mode]));
  const role = member?.role ?? "viewer";
  return {
    kinds: KINDS.map((kind) => ({
      kind,
      app: chosen.get(`${kind} app`) ?? usualMode(role, "app"),
      email: chosen.get(`${kind} email`) ?? usualMode(role, "email"),
    })),
  };
}
