import { desc, eq, sql } from "drizzle-orm";
import { driftReports } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { checkLedger, type Finding } from "../reconcile/queries";
import type { ReconcileDeps } from "../reconcile/service";

/** How far apart two looks begin, minutes, and how long their reports are kept, days. */
const EVERY_MINUTES = 10;
const KEPT_DAYS = 90;
/** How many brands one look covers: a large installation is gone through slice by slice. */
const BRANDS = 500;
/** Held while a look is claimed, so that of several workers one makes it. */
const CLAIM_LOCK = 7_284;

interface Claim {
  readonly id: string;
  readonly brands: string[];
}

/**
 * Claims the next look: writes its report down, still empty, with the brands that it covers. These are the ones after the
 * last report's, and the first ones again after the last brand of all.
 * @returns null where the last look began less than ten minutes ago, or there is no brand at all
 */
async function claim(deps: ReconcileDeps, size: number): Promise<Claim | null> {
  return deps.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${CLAIM_LOCK})`);
    const [last] = await tx.select().from(driftReports).orderBy(desc(driftReports.checkedAt)).limit(1);
    const [due] = last
      ? await tx.execute(sql`select ${last.checkedAt.toISOString()}::timestamptz
          < clock_timestamp() - make_interval(mins => ${EVERY_MINUTES}) as due`)
      : [{ due: true }];
    if (!due?.due) return null;
    const rows = await tx.execute(sql`
      select distinct customer_id from metering_accounts
      where ${last?.upTo ? sql`customer_id > ${last.upTo}` : sql`true`} order by customer_id limit ${size + 1}`);
    const brands = rows.slice(0, size).map((row) => String(row.customer_id));
    const upTo = rows.length > size ? (brands.at(-1) ?? null) : null;
    // Where the brands after the last report's are gone, an empty report has the next one begin anew.
    if (brands.length === 0 && !last?.upTo) return null;
    const id = uuidv7();
    await tx.insert(driftReports).values({
      id,
      checkedAt: sql`clock_timestamp()`,
      tookMs: 0,
      findings: [],
      breaches: 0,
      brands: brands.length,
      upTo,
    });
    return { id, brands };
  });
}

/**
 * Looks for drift between Redis and the ledger over the next slice of brands, if it is time, and keeps what it finds; what
 * is older than 90 days is taken away. Breaches are logged as errors. Safe to call at any time and from several workers.
 * @param options.brands how many a slice covers
 * @returns what was found; null where it was not time
 * @throws where a store is away; the look is then not counted, and made again the next time
 */
export async function lookForDrift(
  deps: ReconcileDeps,
  options: { readonly brands?: number } = {},
): Promise<Finding[] | null> {
  const claimed = await claim(deps, options.brands ?? BRANDS);
  if (!claimed) return null;
  const start = performance.now();
  let findings: Finding[];
  try {
    findings = await checkLedger(deps, claimed.brands);
  } catch (error) {
    await deps.db.delete(driftReports).where(eq(driftReports.id, claimed.id));
    throw error;
  }
  const broken = findings.filter((finding) => finding.breaches.length > 0);
  await deps.db
    .update(driftReports)
    .set({
      tookMs: Math.round(performance.now() - start),
      findings: findings.map((finding) => ({ ...finding, breaches: [...finding.breaches] })),
      breaches: broken.reduce((sum, finding) => sum + finding.breaches.length, 0),
    })
    .where(eq(driftReports.id, claimed.id));
  for (const { invariant, title, breaches } of broken) {
    logger.error({ invariant, breaches, report: claimed.id }, `The books do not agree: ${title}`);
  }
  await deps.db.execute(sql`delete from drift_reports where checked_at < now() - make_interval(days => ${KEPT_DAYS})`);
  return findings;
}
