import { and, asc, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { alertCrossings, alertRules, alertSettings } from "@/db/schema/alerts";
import { outgoingMails } from "@/db/schema/mail";
import { chatHooks, chatPosts, notifications } from "@/db/schema/notifications";
import { customers, users } from "@/db/schema/people";
import type { Permission } from "@/features/team/rules";
import { knowsUsual } from "../standing/queries";
import { type AlertHistory, type AlertsOutput, alertKind } from "./contract";
import { ALERTS, wordsOf } from "./rules";

/**
 * The brand's rules, which of them are crossed just now, and when they may disturb.
 * @param may what whoever asks may see: of an alert about anything else they are not told either
 */
export async function alertsOf(ctx: Ctx, may: ReadonlySet<Permission>): Promise<AlertsOutput> {
  const rows = await ctx.db
    .select({ rule: alertRules, since: alertCrossings.openedAt })
    .from(alertRules)
    .leftJoin(
      alertCrossings,
      and(
        eq(alertCrossings.ruleId, alertRules.id),
        eq(alertCrossings.customerId, alertRules.customerId),
        isNull(alertCrossings.closedAt),
      ),
    )
    .where(eq(alertRules.customerId, ctx.customerId))
    .orderBy(asc(alertRules.threshold), asc(alertCrossings.openedAt));
  const [settings] = await ctx.db.select().from(alertSettings).where(eq(alertSettings.customerId, ctx.customerId));
  const [brand] = await ctx.db.select().from(customers).where(eq(customers.id, ctx.customerId));
  const rules = new Map<string, AlertsOutput["rules"][number]>();
  for (const { rule, since } of rows) {
    const kind = alertKind.safeParse(rule.kind);
    // Of several things that a rule looks after, the one that has been so the longest.
    if (!kind.success || rules.has(rule.id) || !may.has(ALERTS[kind.data].sees)) continue;
    const { id, threshold, enabled } = rule;
    rules.set(id, { id, kind: kind.data, threshold, enabled, since: since?.toISOString() ?? null });
  }
  const { quietFrom = null, quietTo = null, digestHour = 8, evaluatedAt = null } = settings ?? {};
  return {
    rules: [...rules.values()],
    quiet: quietFrom === null || quietTo === null ? null : { from: quietFrom, to: quietTo },
    digestHour,
    timeZone: brand?.timeZone ?? "UTC",
    asOf: evaluatedAt?.toISOString() ?? null,
    unusualReady: await knowsUsual(ctx),
  };
}

/** Crossings to a page. */
const PAGE = 20;

/** What was crossed, newest first, and for each who was told, by which way, and whether it reached them. */
export async function alertHistory(ctx: Ctx, input: { cursor?: string }): Promise<AlertHistory> {
  const [at, id] = input.cursor?.split("_") ?? [];
  const opened = sql`date_trunc('milliseconds', ${alertCrossings.openedAt})`;
  const rows = await ctx.db
    .select()
    .from(alertCrossings)
    .where(
      and(
        eq(alertCrossings.customerId, ctx.customerId),
        at && id ? sql`(${opened}, ${alertCrossings.id}) < (${at}::timestamptz, ${id}::uuid)` : undefined,
      ),
    )
    .orderBy(sql`${opened} desc`, desc(alertCrossings.id))
    .limit(PAGE + 1);
  const shown = rows.slice(0, PAGE);
  const tellings = await tellingsOf(
    ctx,
    shown.map((row) => keyOf(row.id)),
  );
  const crossings = shown.flatMap((row) => {
    const kind = alertKind.safeParse(row.kind);
    if (!kind.success) return [];
    const { tone, title, body, href } = wordsOf(kind.data, row.threshold, row.subject, row.facts);
    return [
      {
        id: row.id,
        kind: kind.data,
        ...{ tone, title, body, href },
        openedAt: row.openedAt.toISOString(),
        closedAt: row.closedAt?.toISOString() ?? null,
        told: row.told,
        tellings: tellings.get(keyOf(row.id)) ?? [],
      },
    ];
  });
  const last = shown.at(-1);
  return { crossings, cursor: rows.length > PAGE && last ? `${last.openedAt.toISOString()}_${last.id}` : null };
}

const keyOf = (crossing: string): string => `alert:${crossing}`;
type Telling = AlertHistory["crossings"][number]["tellings"][number];

/** Who was told what, by what it is called: people in the app, by mail and in a digest, and rooms. */
async function tellingsOf(ctx: Ctx, keys: readonly string[]): Promise<Map<string, Telling[]>> {
  const found = new Map<string, Telling[]>();
  if (keys.length === 0) return found;
  const add = (key: string, telling: Telling) => found.set(key, [...(found.get(key) ?? []), telling]);
  const told = await ctx.db
    .select({ row: notifications, who: users.name })
    .from(notifications)
    .innerJoin(users, eq(users.id, notifications.userId))
    .where(and(eq(notifications.customerId, ctx.customerId), inArray(notifications.key, [...keys])))
    .orderBy(asc(users.name));
  for (const { row, who } of told) {
    if (row.shown) add(row.key, { who, channel: "app", status: "reached", at: row.createdAt.toISOString() });
    const at = row.digestedAt ?? row.digestAt;
    if (at) {
      add(row.key, {
        who,
        channel: "digest",
        status: row.digestedAt ? "reached" : "waiting",
        at: at.toISOString(),
      });
    }
  }
  const mails = await ctx.db
    .select({ row: outgoingMails, who: users.name })
    .from(outgoingMails)
    .innerJoin(users, eq(users.id, outgoingMails.userId))
    .where(and(eq(outgoingMails.customerId, ctx.customerId), inArray(outgoingMails.key, [...keys])))
    .orderBy(asc(users.name));
  for (const { row, who } of mails) {
    add(row.key, { who, channel: "email", status: STATUS[row.status], at: (row.sentAt ?? row.dueAt).toISOString() });
  }
  const posts = await ctx.db
    .select({ row: chatPosts, who: chatHooks.name })
    .from(chatPosts)
    .innerJoin(chatHooks, eq(chatHooks.id, chatPosts.hookId))
    .where(and(eq(chatPosts.customerId, ctx.customerId), inArray(chatPosts.key, [...keys])))
    .orderBy(asc(chatHooks.name));
  for (const { row, who } of posts) {
    add(row.key, { who, channel: "chat", status: STATUS[row.status], at: row.sentAt?.toISOString() ?? null });
  }
  return found;
}

const STATUS = { queued: "waiting", sent: "reached", failed: "failed" } as const;
