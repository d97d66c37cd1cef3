import { and, eq, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { overageSettings } from "@/db/schema/billing";
import { meteringAccounts } from "@/db/schema/metering";
import { customerBilling } from "@/db/schema/plans";
import type { UPKEEP } from "@/features/metering/jobs";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { findPack } from "@/features/plans/queries";
import { type CustomerId, mintCustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { customersToForget, forgetCustomer } from "./customers/jobs";
import { pruneEvents } from "./inbox/jobs";
import { retryFailed } from "./inbox/service";
import type { BillingMail } from "./mail/contract";
import { queueBillingMail } from "./mail/service";
import { tellExpiringCard } from "./methods/jobs";
import { endAbandoned } from "./purchases/service";
import { brandsToCompare } from "./reconcile/queries";
import { reconcileBrand } from "./reconcile/service";
import { endGrace, settle } from "./settlement/service";
import { isConfigured, stripe } from "./stripe/service";
import { giveBackSurplus, surplusPurchases } from "./surplus/service";
import { brandsInNeed, topUp } from "./top-up/jobs";
import { spentOnTopUps } from "./top-up/queries";
import { isPastLimit } from "./top-up/rules";

/** Tries again what Stripe told us and could not be dealt with. */
async function retryEvents(metering: ReconcileDeps): Promise<void> {
  if (!isConfigured()) return;
  await retryFailed({ metering, stripe: stripe() });
}

/** Ends graces that are over, and brings meter and apps to what each subscription says. */
async function settleAll(deps: ReconcileDeps): Promise<void> {
  await endGrace(deps.db, new Date());
  const rows = await deps.db
    .select({ customerId: customerBilling.customerId })
    .from(customerBilling)
    .where(eq(customerBilling.unsettled, true));
  await each(rows, ({ customerId }) => settle(deps, mintCustomerId(customerId)));
}

/** Buys the packs that are due, and goes on with those under way. */
async function topUpAll(deps: ReconcileDeps): Promise<void> {
  if (!isConfigured()) return;
  await each(await brandsInNeed(deps.db), (customerId) => topUp(deps, customerId));
}

/** Cancels subscriptions that are one too many, and gives their money back. */
async function giveBackAll({ db }: Pick<ReconcileDeps, "db">): Promise<void> {
  if (!isConfigured()) return;
  await each(await surplusPurchases(db), (purchase) => giveBackSurplus(db, purchase));
}

/** Has Stripe forget the brands that were erased here. */
async function forgetAll({ db }: Pick<ReconcileDeps, "db">): Promise<void> {
  if (!isConfigured()) return;
  await each(await customersToForget(db), (row) => forgetCustomer(db, row));
}

/** Tells brands whose balance or use has reached what they want to be told of; once a day, or a month. */
export async function alertAll(deps: Pick<ReconcileDeps, "db">, now = new Date()): Promise<void> {
  const day = now.toISOString().slice(0, 10);
  const rows = await deps.db
    .select({ settings: overageSettings, balance: meteringAccounts.balance, unlimited: meteringAccounts.unlimited })
    .from(overageSettings)
    .innerJoin(
      meteringAccounts,
      and(eq(meteringAccounts.customerId, overageSettings.customerId), eq(meteringAccounts.mode, "live")),
    )
    .where(
      sql`coalesce(${overageSettings.lowBalanceTokens}, ${overageSettings.alertDailyTokens},
        ${overageSettings.alertMonthlyTokens}) is not null`,
    );
  for (const { settings, balance, unlimited } of rows) {
    const { lowBalanceTokens, alertDailyTokens, alertMonthlyTokens, mode } = settings;
    const customerId = mintCustomerId(settings.customerId);
    const tell = (key: string, mail: BillingMail) =>
      deps.db.transaction((tx) => queueBillingMail(tx, customerId, key, mail));
    if (lowBalanceTokens !== null && !unlimited && balance <= lowBalanceTokens) {
      const topsUp = mode === "top_up" && settings.stoppedAt === null && (await limitAllows(deps.db, settings, now));
      // That there is none left is other news than that there are few, on the same day too.
      const key = balance > 0 ? day : `${day}:out`;
      await tell(key, { kind: "low_balance", balance, threshold: lowBalanceTokens, top_up: topsUp });
    }
    for (const [period, threshold, from] of [
      ["day", alertDailyTokens, day],
      ["month", alertMonthlyTokens, `${day.slice(0, 7)}-01`],
    ] as const) {
      if (threshold === null) continue;
      const tokens = await usedSince(deps.db, customerId, from);
      if (tokens >= threshold) await tell(`${period}:${from}`, { kind: "use_reached", period, tokens, threshold });
    }
  }
}

/** Whether what top-ups have cost this month leaves room for one more pack. */
async function limitAllows(db: Db, settings: typeof overageSettings.$inferSelect, now: Date): Promise<boolean> {
  const pack = settings.packId === null ? undefined : await findPack(db, settings.packId);
  const { monthlyLimitCents } = settings;
  if (!pack?.isActive || monthlyLimitCents === null) return false;
  const spent = await spentOnTopUps(db, { customerId: mintCustomerId(settings.customerId) }, now);
  return !isPastLimit({ priceCents: pack.priceCents, monthlyLimitCents }, spent);
}

/** Tokens that a brand's live account has used since a UTC day began. */
async function usedSince(db: Db, customerId: CustomerId, from: string): Promise<number> {
  const [row] = await db.execute<{ tokens: number }>(sql`
    select coalesce(sum(tokens_consumed), 0)::float8 as tokens from usage_analytics_daily
    where customer_id = ${customerId} and mode = 'live' and date >= ${from}::date`);
  return row?.tokens ?? 0;
}

/**
 * Compares Stripe, the ledger and the meter, and looks at the cards, of each brand once a day whoever asks. One that
 * cannot be looked at keeps no other from it, and is due again.
 */
export async function reconcileDaily(deps: ReconcileDeps): Promise<void> {
  if (!isConfigured()) return;
  let odd = 0;
  try {
    await each(await brandsToCompare(deps.db), async (customerId) => {
      await tellExpiringCard(deps, customerId);
      const { findings } = await reconcileBrand(deps, stripe(), customerId);
      if (findings.length > 0) odd++;
    });
  } finally {
    if (odd > 0) logger.error({ brands: odd }, "money and tokens do not agree: see billing:reconcile");
  }
}

/** Does something for each, whatever becomes of the others, and then says what failed. */
async function each<T>(things: readonly T[], work: (thing: T) => Promise<unknown>): Promise<void> {
  const errors: unknown[] = [];
  for (const thing of things) await work(thing).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${things.length} could not be done`);
}

/** What has to be done over and over for billing: by the worker, each at its own pace, and by the cron, all at once. */
export const BILLING_UPKEEP: typeof UPKEEP = [
  { name: "stripe events", everyMs: 2_000, run: retryEvents },
  { name: "subscriptions", everyMs: 1_000, run: settleAll },
  { name: "top-ups", everyMs: 1_000, run: topUpAll },
  { name: "second subscriptions", everyMs: 60_000, run: giveBackAll },
  { name: "alerts", everyMs: 60_000, run: (deps) => alertAll(deps) },
  { name: "abandoned", everyMs: 3_600_000, run: ({ db }) => endAbandoned(db) },
  { name: "erased brands", everyMs: 600_000, run: forgetAll },
  { name: "old events", everyMs: 3_600_000, run: async ({ db }) => void (await pruneEvents(db)) },
  { name: "money", everyMs: 600_000, run: reconcileDaily },
];
