import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { auditHeads, auditLog } from "@/db/schema/audit";
import { env } from "@/lib/env";
import { ChainReader, chainKey, describeFault, type Head } from "./rules";

const PAGE = 2_000;

/** What was found in one brand's log. */
export interface ChainReport {
  readonly customerId: string;
  readonly lines: number;
  readonly faults: readonly string[];
}

/** Where each brand's log ends, for keeping outside the database: a log that was cut together with its head is missed so. */
export async function chainHeads(db: Db): Promise<Head[]> {
  return db
    .select({ customerId: auditHeads.customerId, seq: auditHeads.seq, hash: auditHeads.hash })
    .from(auditHeads)
    .orderBy(asc(auditHeads.customerId));
}

/** Lines from before there was a chain, which nothing can be said of. */
export async function unchainedLines(db: Db): Promise<number> {
  const [row] = await db.select({ n: sql<number>`count(*)::float8` }).from(auditLog).where(isNull(auditLog.seq));
  return row?.n ?? 0;
}

/** Follows the chain of every brand, or of one, as it stands at one moment. @param kept ends that were kept elsewhere */
export async function checkChains(
  db: Db,
  options: { readonly customerId?: string; readonly kept?: readonly Head[] } = {},
): Promise<ChainReport[]> {
  const brands = await db.execute<{ id: string }>(sql`
    select customer_id as id from audit_heads union select distinct customer_id from audit_log where seq is not null
    order by 1`);
  const kept = options.kept ?? [];
  const ids = new Set([...brands.map(({ id }) => id), ...kept.map(({ customerId }) => customerId)]);
  const reports: ChainReport[] = [];
  for (const id of ids) {
    if (options.customerId !== undefined && id !== options.customerId) continue;
    const earlier = kept.filter(({ customerId }) => customerId === id);
    reports.push(await checkChain(db, id, earlier));
  }
  return reports;
}

async function checkChain(db: Db, customerId: string, kept: readonly Head[]): Promise<ChainReport> {
  return db.transaction(
    async (tx) => {
      const reader = new ChainReader(chainKey(env().API_KEY_PEPPER), kept);
      for (let after = 0; ; ) {
        const rows = await tx
          .select()
          .from(auditLog)
          .where(and(eq(auditLog.customerId, customerId), gt(auditLog.seq, after)))
          .orderBy(asc(auditLog.seq))
          .limit(PAGE);
        for (const row of rows) if (row.seq !== null) reader.read({ ...row, seq: row.seq });
        after = rows.at(-1)?.seq ?? after;
        if (rows.length < PAGE) break;
      }
      const [head] = await tx.select().from(auditHeads).where(eq(auditHeads.customerId, customerId));
      reader.end(head);
      return { customerId, lines: reader.length, faults: reader.faults.map(describeFault) };
    },
    // One moment for lines and head, while others write on.
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}
