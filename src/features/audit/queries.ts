import { and, desc, eq, ilike, lt, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { customers, invitations, users } from "@/db/schema/people";
import { csvLine } from "@/lib/csv";
import type { AuditCsv, AuditEntry, AuditFilter, AuditList, AuditListInput } from "./contract";
import { detailWords } from "./rules";

const PAGE = 50;
/** The longest file, in lines; who needs more exports by days. */
export const MOST_EXPORTED = 20_000;

const doer = alias(users, "doer");
const about = alias(users, "about");
/** What people call a line's subject: a person, an app, or a key or invitation of the brand's, where it still is one. */
const subjectName = sql<string | null>`coalesce(${about.name}, ${apps.name}, ${apiKeys.name}, ${invitations.email})`;

/** Lines of the brand's log, the newest first. */
export async function auditEntries(ctx: Ctx, input: AuditListInput): Promise<AuditList> {
  const rows = await select(ctx, input, PAGE + 1);
  const entries = rows.slice(0, PAGE);
  return { entries, cursor: rows.length > PAGE ? (entries.at(-1)?.id ?? null) : null };
}

/** The same as a file, the newest first. */
export async function auditCsv(ctx: Ctx, filter: AuditFilter): Promise<AuditCsv> {
  const rows = await select(ctx, filter, MOST_EXPORTED + 1);
  const head = ["number", "at", "actor_type", "actor", "actor_name", "action", "subject", "subject_name", "details"];
  const lines = rows
    .slice(0, MOST_EXPORTED)
    .map((row) =>
      csvLine([
        row.seq,
        row.at,
        row.actorType,
        row.actorId,
        row.actorName,
        row.action,
        row.subject,
        row.subjectName,
        detailWords(row.details),
      ]),
    );
  const [brand] = await ctx.db.select({ slug: customers.slug }).from(customers).where(eq(customers.id, ctx.customerId));
  return {
    filename: `audit-${brand?.slug ?? "log"}-${new Date().toISOString().slice(0, 10)}`,
    csv: [csvLine(head), ...lines].join(""),
    truncated: rows.length > MOST_EXPORTED,
  };
}

async function select(ctx: Ctx, input: AuditListInput, limit: number): Promise<AuditEntry[]> {
  const rows = await ctx.db
    .select({
      id: auditLog.id,
      seq: auditLog.seq,
      at: auditLog.createdAt,
      actorType: auditLog.actorType,
      actorId: auditLog.actorId,
      actorName: doer.name,
      action: auditLog.action,
      subject: auditLog.subject,
      subjectName,
      details: auditLog.details,
    })
    .from(auditLog)
    .leftJoin(doer, and(eq(auditLog.actorType, "user"), eq(sql`${doer.id}::text`, auditLog.actorId)))
    .leftJoin(about, and(ilike(auditLog.action, "person.%"), eq(sql`${about.id}::text`, auditLog.subject)))
    .leftJoin(apps, eq(apps.catalogId, auditLog.subject))
    .leftJoin(apiKeys, and(eq(apiKeys.keyId, auditLog.subject), eq(apiKeys.customerId, ctx.customerId)))
    .leftJoin(
      invitations,
      and(eq(sql`${invitations.id}::text`, auditLog.subject), eq(invitations.customerId, ctx.customerId)),
    )
    .where(matching(ctx, input))
    .orderBy(desc(auditLog.id))
    .limit(limit);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}

function matching(ctx: Ctx, input: AuditListInput): SQL | undefined {
  const { area, actor, from, to, q, cursor } = input;
  const zone = sql`(select ${customers.timeZone} from ${customers} where ${customers.id} = ${ctx.customerId})`;
  // What is typed is looked for as it stands: neither sign is a wildcard to a person.
  const words = q ? `%${q.replace(/[\\%_]/g, "\\$&")}%` : undefined;
  return and(
    eq(auditLog.customerId, ctx.customerId),
    cursor === undefined ? undefined : lt(auditLog.id, cursor),
    area === undefined ? undefined : sql`split_part(${auditLog.action}, '.', 1) = ${area}`,
    actor === undefined ? undefined : eq(auditLog.actorType, actor),
    from === undefined ? undefined : sql`${auditLog.createdAt} >= (${from}::date)::timestamp at time zone ${zone}`,
    to === undefined ? undefined : sql`${auditLog.createdAt} < (${to}::date + 1)::timestamp at time zone ${zone}`,
    words === undefined
      ? undefined
      : or(
          ilike(auditLog.action, words),
          ilike(sql`replace(${auditLog.action}, '_', ' ')`, words),
          ilike(auditLog.subject, words),
          ilike(auditLog.actorId, words),
          ilike(doer.name, words),
          ilike(subjectName, words),
          ilike(sql`${auditLog.details}::text`, words),
        ),
  );
}
