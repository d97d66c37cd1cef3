import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { enqueue } from "@/db/jobs";
import { alertCrossings, alertRules, alertSettings } from "@/db/schema/alerts";
import { customers } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { recordAudit } from "@/features/audit/service";
import { heldUntil, nextMinute } from "@/features/notifications/rules";
import { takeBack, tell } from "@/features/notifications/service";
import { emit } from "@/features/notifications/webhooks/service";
import { findPlan } from "@/features/plans/queries";
import { permissionsOf, ROLES } from "@/features/team/rules";
import { Refusal } from "@/lib/errors";
import { type CustomerId, uuidv7 } from "@/lib/ids";
import { forecast } from "../forecast/queries";
import { standingOf } from "../standing/queries";
import type { AlertKind } from "./contract";
import { alertKind } from "./contract";
import {
  ALERTS,
  type BrandState,
  changesOf,
  MOST_RULES,
  mailedByBilling,
  type Open,
  type Reading,
  readings,
  speaksFirst,
  type Words,
  wordsOf,
} from "./rules";

type Settings = typeof alertSettings.$inferSelect;
type Rule = { readonly id: string; readonly kind: AlertKind; readonly threshold: number };

/** Who is told of a kind: whoever may see what it speaks of. */
const rolesFor = (kind: AlertKind) => ROLES.filter((role) => permissionsOf(role).has(ALERTS[kind].sees));

/**
 * Gives a brand the rules that every brand begins with, once: what it takes away later stays away.
 * @returns its settings, locked until the transaction ends: whoever looks at the rules looks alone
 */
export async function lockedSettings(tx: Tx, customerId: CustomerId): Promise<Settings> {
  const [made] = await tx.insert(alertSettings).values({ customerId }).onConflictDoNothing().returning();
  if (made) {
    const [billing] = await tx.select().from(customerBilling).where(eq(customerBilling.customerId, customerId));
    const plan = billing ? await findPlan(tx, billing.planId) : undefined;
    const tenth = plan && plan.tokensPerMonth > 0 ? Math.ceil(plan.tokensPerMonth / 10) : undefined;
    const rules = alertKind.options.flatMap((kind) =>
      ALERTS[kind].usual.map((threshold) => ({
        id: uuidv7(),
        customerId,
        kind,
        threshold: kind === "low_balance" && threshold > 0 ? (tenth ?? threshold) : threshold,
      })),
    );
    await tx.insert(alertRules).values(rules);
  }
  const [settings] = await tx
    .select()
    .from(alertSettings)
    .where(eq(alertSettings.customerId, customerId))
    .for("update");
  if (!settings) throw new Error("The brand is gone");
  return settings;
}

/**
 * Looks at all of a brand's rules and tells what has been crossed since the last look, each crossing once: whoever looks
 * holds the brand's settings and reads what is so only then, and an index has at most one crossing open. All of it, the
 * notifications and mails too, is one transaction: killed half way, nothing has happened.
 * @param also what belongs into the same transaction, such as saying that the job is done
 * @returns how many crossings were told
 */
export async function lookAtAlerts(
  db: Db,
  customerId: CustomerId,
  also: (tx: Tx) => Promise<void> = async () => {},
): Promise<number> {
  const ctx: Ctx = { db, customerId, actor: { type: "system", id: "alerts" } };
  // It moves by days, so it need not be of the same moment.
  const outlook = await forecast(ctx, { mode: "live" });
  return db.transaction(async (tx) => {
    const settings = await lockedSettings(tx, customerId);
    const rows = await tx
      .select()
      .from(alertRules)
      .where(and(eq(alertRules.customerId, customerId), eq(alertRules.enabled, true)))
      .orderBy(asc(alertRules.kind), asc(alertRules.threshold));
    const rules = rows.flatMap((row) => {
      const kind = alertKind.safeParse(row.kind);
      return kind.success ? [{ id: row.id, kind: kind.data, threshold: row.threshold }] : [];
    });
    const share = rules.find(({ kind }) => kind === "unusual")?.threshold ?? 50;
    const state = await standingOf(tx, ctx, outlook, share / 100);
    let told = 0;
    for (const kind of alertKind.options) {
      const own = rules.filter((rule) => rule.kind === kind);
      if (own.length === 0) continue;
      const opened = await crossed(tx, customerId, own, (rule) => readings(kind, rule.threshold, state));
      for (const { rule, reading, id } of opened) {
        await tellCrossing(db, tx, customerId, settings, state, rule, reading, id);
        told++;
      }
    }
    await tx.update(alertSettings).set({ evaluatedAt: sql`now()` }).where(eq(alertSettings.customerId, customerId));
    await also(tx);
    return told;
  });
}

interface Opened {
  readonly rule: Rule;
  readonly reading: Reading;
  readonly id: string;
}

/** Closes and opens the crossings of one kind of rule. @returns those that have to be told */
async function crossed(
  tx: Tx,
  customerId: CustomerId,
  rules: readonly Rule[],
  read: (rule: Rule) => Reading[],
): Promise<Opened[]> {
  const standing = new Map<string, Open[]>();
  const fresh: { rule: Rule; reading: Reading }[] = [];
  for (const rule of rules) {
    const open = await tx
      .select({ id: alertCrossings.id, subject: alertCrossings.subject, period: alertCrossings.period })
      .from(alertCrossings)
      .where(
        and(
          eq(alertCrossings.customerId, customerId),
          eq(alertCrossings.ruleId, rule.id),
          isNull(alertCrossings.closedAt),
        ),
      );
    const change = changesOf(open, read(rule), !MAY_BE_UNKNOWN.has(rule.kind));
    for (const { id } of change.close) {
      await closeCrossing(tx, id);
      if (STATES.has(rule.kind)) await takeBack(tx, customerId, keyOf(id));
    }
    fresh.push(...change.open.map((reading) => ({ rule, reading })));
    standing.set(
      rule.id,
      open.filter((each) => !change.close.includes(each)),
    );
  }
  const told: Opened[] = [];
  for (const { rule, reading } of fresh) {
    const louder = (other: Rule) => other.id !== rule.id && speaksFirst(rule.kind, other.threshold, rule.threshold) < 0;
    const same = (each: { subject: string; period: string }) =>
      each.subject === reading.subject && each.period === reading.period;
    const spoken =
      fresh.some((other) => louder(other.rule) && same(other.reading)) ||
      rules.some((other) => louder(other) && (standing.get(other.id) ?? []).some(same));
    const id = await openCrossing(tx, customerId, rule, reading, !spoken);
    if (id === null || spoken) continue;
    told.push({ rule, reading, id });
    // What still waits to be said of the same says less, and would come after it.
    for (const quieter of [...standing.values()].flat().filter(same)) await takeBack(tx, customerId, keyOf(quieter.id));
  }
  return told;
}

/** Kinds of which nothing may be known for a while; a crossing of theirs stays open until it is. */
const MAY_BE_UNKNOWN: ReadonlySet<AlertKind> = new Set(["forecast", "unusual"]);

/** Kinds that tell how something stands, which nobody needs to hear of afterwards; the others tell what has happened. */
const STATES: ReadonlySet<AlertKind> = new Set(["plan_used", "low_balance", "forecast", "cap_reached"]);

/** What the telling of a crossing is known by. */
const keyOf = (id: string): string => `alert:${id}`;

const closeCrossing = (tx: Tx, id: string) =>
  tx
    .update(alertCrossings)
    .set({ closedAt: sql`now()` })
    .where(and(eq(alertCrossings.id, id), isNull(alertCrossings.closedAt)));

/** @returns null where somebody else has opened it meanwhile */
async function openCrossing(
  tx: Tx,
  customerId: CustomerId,
  rule: Rule,
  { subject, period, facts }: Reading,
  told: boolean,
): Promise<string | null> {
  const { kind, threshold } = rule;
  const [made] = await tx
    .insert(alertCrossings)
    .values({ id: uuidv7(), customerId, ruleId: rule.id, kind, threshold, subject, period, facts, told })
    .onConflictDoNothing()
    .returning({ id: alertCrossings.id });
  return made?.id ?? null;
}

/** How loud a webhook says what the words' tone does. */
const SEVERITIES = { info: "info", soon: "warning", stopped: "critical" } as const;

async function tellCrossing(
  db: Db,
  tx: Tx,
  customerId: CustomerId,
  settings: Settings,
  state: BrandState,
  rule: Rule,
  { subject, facts }: Reading,
  id: string,
): Promise<void> {
  const words = wordsOf(rule.kind, rule.threshold, subject, facts);
  const said = { kind: rule.kind, severity: SEVERITIES[words.tone], title: words.title, message: words.body };
  const raised = { alert_id: id, ...said, value: null, threshold: rule.threshold, app_id: null };
  await emit(tx, customerId, "alert.raised", raised, { key: id });
  await tell(db, tx, customerId, {
    key: keyOf(id),
    kind: rule.kind,
    ...words,
    roles: rolesFor(rule.kind),
    ...whenFor(settings, state.timeZone, words),
    mailed: !mailedByBilling(rule.kind, state),
  });
}

/** What has stopped does not wait for the morning; what only may stop does. */
function whenFor({ quietFrom, quietTo, digestHour }: Settings, timeZone: string, { tone }: Pick<Words, "tone">) {
  const now = new Date();
  const quiet = quietFrom === null || quietTo === null ? null : { from: quietFrom, to: quietTo };
  return {
    after: tone === "stopped" ? null : heldUntil(timeZone, now, quiet),
    digestAt: nextMinute(timeZone, now, digestHour * 60),
  };
}

/** Adds a rule. @throws Refusal `invalid_request` where there is the same one already, or the threshold cannot be */
export async function addRule(
  ctx: Ctx,
  input: { kind: AlertKind; threshold: number; enabled?: boolean },
): Promise<void> {
  const { kind, threshold, enabled = true } = input;
  const { least, most } = ALERTS[kind];
  const refuse = (message: string) =>
    new Refusal("invalid_request", message, { fields: [{ path: "threshold", message }] });
  if (threshold < least || threshold > most) throw refuse(`Between ${least} and ${most}.`);
  await ctx.db.transaction(async (tx) => {
    await lockedSettings(tx, ctx.customerId);
    const there = await tx.select().from(alertRules).where(eq(alertRules.customerId, ctx.customerId));
    if (there.length >= MOST_RULES) throw refuse(`A brand may have ${MOST_RULES} alerts. Remove one first.`);
    if (there.some((rule) => rule.kind === kind && rule.threshold === threshold)) {
      throw refuse("There is such an alert already.");
    }
    if (kind === "unusual" && there.some((rule) => rule.kind === kind)) {
      throw refuse("There is one for unusual usage already. Remove it first.");
    }
    const id = uuidv7();
    await tx.insert(alertRules).values({ id, customerId: ctx.customerId, kind, threshold, enabled });
    if (enabled) await lookSoon(ctx, tx);
    const details = enabled ? { kind, threshold } : { kind, threshold, enabled };
    await recordAudit(tx, ctx, { action: "alert.added", subject: id, details });
  });
}

const own = (ctx: Ctx, id: string) => and(eq(alertRules.id, id), eq(alertRules.customerId, ctx.customerId));
const unknown = () => new Refusal("not_found", "There is no such alert any more.");

/** What is wished for is looked at now, not within a minute. */
const lookSoon = (ctx: Ctx, tx: Tx) =>
  enqueue(ctx.db, tx, "alerts.evaluate", { customerId: ctx.customerId }, { key: ctx.customerId });

/** Ends what is open of a rule that is looked at no more: it counts as crossed anew when it is. */
const closeAll = (tx: Tx, ctx: Ctx, ruleId: string) =>
  tx
    .update(alertCrossings)
    .set({ closedAt: sql`now()` })
    .where(
      and(
        eq(alertCrossings.customerId, ctx.customerId),
        eq(alertCrossings.ruleId, ruleId),
        isNull(alertCrossings.closedAt),
      ),
    );

/** Turns a rule on or off. @throws Refusal `not_found` */
export async function setRule(ctx: Ctx, input: { id: string; enabled: boolean }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await lockedSettings(tx, ctx.customerId);
    const [rule] = await tx.update(alertRules).set({ enabled: input.enabled }).where(own(ctx, input.id)).returning();
    if (!rule) throw unknown();
    if (input.enabled) await lookSoon(ctx, tx);
    else await closeAll(tx, ctx, rule.id);
    const { kind, threshold, enabled } = rule;
    await recordAudit(tx, ctx, { action: "alert.changed", subject: rule.id, details: { kind, threshold, enabled } });
  });
}

/** Takes a rule away; what it told stays in the history. @throws Refusal `not_found` */
export async function removeRule(ctx: Ctx, input: { id: string }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await lockedSettings(tx, ctx.customerId);
    const [rule] = await tx.delete(alertRules).where(own(ctx, input.id)).returning();
    if (!rule) throw unknown();
    await closeAll(tx, ctx, rule.id);
    const { kind, threshold } = rule;
    await recordAudit(tx, ctx, { action: "alert.removed", subject: rule.id, details: { kind, threshold } });
  });
}

/** Keeps quiet hours and the hour of digests. */
export async function setAlertSettings(
  ctx: Ctx,
  input: { quiet: { from: number; to: number } | null; digestHour: number },
): Promise<void> {
  const { quiet, digestHour } = input;
  await ctx.db.transaction(async (tx) => {
    await lockedSettings(tx, ctx.customerId);
    await tx
      .update(alertSettings)
      .set({ quietFrom: quiet?.from ?? null, quietTo: quiet?.to ?? null, digestHour })
      .where(eq(alertSettings.customerId, ctx.customerId));
    await recordAudit(tx, ctx, {
      action: "alerts.settings_changed",
      subject: "alerts",
      details: { quiet, digestHour },
    });
  });
}

/** What each kind would say, with figures that are plainly an example. */
const EXAMPLES: Readonly<Record<AlertKind, { subject: string; facts: Reading["facts"] }>> = {
  plan_used: { subject: "", facts: { used: 8_000, tokens: 10_000, plan: "Professional" } },
  low_balance: { subject: "", facts: { balance: 100 } },
  forecast: { subject: "", facts: { on: "2030-01-06", days: 6, missing: 1_200 } },
  unusual: { subject: "high", facts: { tokens: 900, usual: 240, hour: "14:00 to 15:00" } },
  cap_reached: { subject: "*:day", facts: { name: "all apps", span: "day", limit: 500, used: 500 } },
  payment_failed: { subject: "plan", facts: { plan: "Professional", until: null } },
  key_refused: { subject: "ak_live_example", facts: { name: "Web shop", times: 120, code: "origin_not_allowed" } },
};

/** Sends whoever asks what an alert would look like, in the ways they have chosen; once a minute. @throws Refusal */
export async function testRule(ctx: Ctx, input: { id: string }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [rule] = await tx.select().from(alertRules).where(own(ctx, input.id));
    const kind = alertKind.safeParse(rule?.kind);
    if (!rule || !kind.success) throw unknown();
    const [brand] = await tx.select().from(customers).where(eq(customers.id, ctx.customerId));
    const [settings] = await tx.select().from(alertSettings).where(eq(alertSettings.customerId, ctx.customerId));
    const example = EXAMPLES[kind.data];
    const words = wordsOf(kind.data, rule.threshold, example.subject, example.facts);
    const now = new Date();
    await tell(ctx.db, tx, ctx.customerId, {
      key: `test:${rule.id}:${now.toISOString().slice(0, 16)}`,
      kind: kind.data,
      ...words,
      tone: "info",
      title: `Test: ${words.title}`.slice(0, 200),
      body: `This is an example; nothing has happened. ${words.body}`,
      roles: ROLES,
      only: ctx.actor.id,
      digestAt: nextMinute(brand?.timeZone ?? "UTC", now, (settings?.digestHour ?? 8) * 60),
    });
  });
}
