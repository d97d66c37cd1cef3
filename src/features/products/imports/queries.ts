import { and, asc, desc, eq, getTableColumns, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { productImports, productRejections } from "@/db/schema/products";
import { csvLine } from "@/lib/csv";
import { Refusal } from "@/lib/errors";
import type { ImportView, Rejection } from "./contract";

/** How many imports, and how many refused rows of one, a page shows. The file of refused rows holds all. */
const RECENT = 20;
const SHOWN = 100;

/** All but the file itself, which may be large, and who sent it. */
const {
  file: _file,
  actorType: _type,
  actorId: _actor,
  startedAt: _started,
  ...shown
} = getTableColumns(productImports);
export const importColumns = shown;

type Row = Omit<typeof productImports.$inferSelect, "file" | "actorType" | "actorId" | "startedAt">;

/** An import as people may see it. */
export const toImportView = ({ customerId: _customer, createdAt, finishedAt, ...row }: Row): ImportView => ({
  ...row,
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
});

export const ownImport = (ctx: Pick<Ctx, "customerId">, id: string) =>
  and(eq(productImports.customerId, ctx.customerId), eq(productImports.id, id));

/** An import without its file. @throws Refusal `not_found` */
export async function importOf(ctx: Ctx, id: string): Promise<ImportView> {
  const [row] = await ctx.db.select(importColumns).from(productImports).where(ownImport(ctx, id)).limit(1);
  if (!row) throw new Refusal("not_found", "There is no such import.");
  return toImportView(row);
}

/** The brand's latest imports that were begun, newest first. */
export async function recentImports(ctx: Ctx): Promise<ImportView[]> {
  const rows = await ctx.db
    .select(importColumns)
    .from(productImports)
    .where(eq(productImports.customerId, ctx.customerId))
    .orderBy(desc(productImports.createdAt), desc(productImports.id))
    .limit(RECENT);
  return rows.map(toImportView);
}

/** The rows of an import that were not taken, by line. */
export async function rejectionsOf(ctx: Ctx, importId: string, most = SHOWN): Promise<Rejection[]> {
  return ctx.db
    .select({ line: productRejections.line, problems: productRejections.problems, cells: productRejections.cells })
    .from(productRejections)
    .where(and(eq(productRejections.customerId, ctx.customerId), eq(productRejections.importId, importId)))
    .orderBy(asc(productRejections.line))
    .limit(most);
}

/** An import with the first of its refused rows. @throws Refusal `not_found` */
export async function importReport(ctx: Ctx, id: string): Promise<{ import: ImportView; rejections: Rejection[] }> {
  const found = await importOf(ctx, id);
  return { import: found, rejections: found.rejected > 0 ? await rejectionsOf(ctx, id) : [] };
}

/** The refused rows as a file with the columns of the one that was sent, ready to be mended and sent again. */
export async function rejectionsFile(ctx: Ctx, id: string): Promise<{ fileName: string; text: string }> {
  const { header, fileName } = await importOf(ctx, id);
  const rows = await rejectionsOf(ctx, id, 1_000_000);
  const text = [
    csvLine([...header, "line", "problem"]),
    ...rows.map(({ line, problems, cells }) => {
      const padded = header.map((_, at) => cells[at] ?? "");
      return csvLine([...padded, ...cells.slice(header.length), line, problems.join(" ")]);
    }),
  ].join("");
  return { fileName: `${fileName.replace(/\.[^.]{1,5}$/, "")}-not-taken.csv`, text };
}

/** What most of the brand's products are priced in; null where none has a price. */
export async function usualCurrency(db: Reader, customerId: string): Promise<string | null> {
  const [row] = await db.execute(sql`
    select currency from products where customer_id = ${customerId} and deleted_at is null and currency <> ''
    group by currency order by count(*) desc limit 1`);
  return row ? String(row.currency) : null;
}
