import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { productImports, productRejections, products } from "@/db/schema/products";
import { recordAudit } from "@/features/audit/service";
import { type CsvFile, CsvRefusal, readCsv } from "@/lib/csv-read";
import { isDatabaseAway } from "@/lib/database-away";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { logger } from "@/lib/logger";
import type { NewProduct } from "../contract";
import { toView } from "../queries";
import { holdBySku, isOneMore, refuseTooMany, roomFor, TOO_MANY, type Written, writeProducts } from "../service";
import { FIELDS, type ImportPreview, type ImportView, type Mapping, type Rejection } from "./contract";
import { importColumns, importOf, ownImport, toImportView, usualCurrency } from "./queries";
import { factsOf, guessMapping, LARGEST_FILE, MOST_ROWS, productFrom, skuIn } from "./rules";

/** How many rows are written at once: what a kill throws back, and how often the progress moves. */
const BATCH = 500;
const SAMPLES = 5;
const SHOWN_REJECTIONS = 50;

/** A text as a document in Postgres can hold it: without NUL, and without half of a character where it was cut. */
const storable = (text: string): string => text.replaceAll("\u0000", "\uFFFD").toWellFormed();

/** The file as it was sent. Cells are cut where they are kept for people, so that no row is larger than a page. */
const CELL = 500;
const keep = (cells: readonly string[]): string[] => cells.slice(0, 200).map((cell) => storable(cell.slice(0, CELL)));

/**
 * Takes a file in, and tells what its columns likely are. Nothing of the catalogue changes yet.
 * @throws Refusal `payload_too_large`, `invalid_request` with why the file is no use
 */
export async function openImport(ctx: Ctx, file: { name: string; bytes: Uint8Array }): Promise<ImportView> {
  if (file.bytes.byteLength > LARGEST_FILE) {
    throw new Refusal(
      "payload_too_large",
      `The file is larger than ${LARGEST_FILE / 1024 / 1024} MB. Send it in parts.`,
    );
  }
  const csv = readOrRefuse(file.bytes);
  if (csv.records.length === 0) throw new Refusal("invalid_request", "The file has a header and no rows.");
  if (csv.header.length > 500) throw new Refusal("invalid_request", "The file has more than 500 columns.");
  const [row] = await ctx.db
    .insert(productImports)
    .values({
      id: uuidv7(),
      customerId: ctx.customerId,
      fileName: file.name.replace(/\p{Cc}/gu, "").slice(0, 200) || "products.csv",
      encoding: csv.encoding,
      delimiter: csv.delimiter,
      header: keep(csv.header),
      file: Buffer.from(file.bytes),
      mapping: guessMapping(csv.header),
      currency: (await usualCurrency(ctx.db, ctx.customerId)) ?? "USD",
      rows: csv.records.length,
      actorType: ctx.actor.type,
      actorId: ctx.actor.id,
    })
    .returning(importColumns);
  if (!row) throw new Error("The import was not written");
  return toImportView(row);
}

function readOrRefuse(bytes: Uint8Array): CsvFile {
  try {
    return readCsv(bytes, MOST_ROWS);
  } catch (error) {
    if (error instanceof CsvRefusal) throw new Refusal("invalid_request", error.message);
    throw error;
  }
}

/** Where each number stands first in a file: a second row of the same number is refused and names the first. */
function firstLines(csv: CsvFile, fields: Mapping): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { line, cells, problem } of csv.records) {
    const sku = problem === null ? skuIn(cells, fields) : "";
    if (sku !== "" && !lines.has(sku)) lines.set(sku, line);
  }
  return lines;
}

interface Plan {
  readonly csv: CsvFile;
  readonly fields: Mapping;
  readonly currency: string;
  readonly first: ReadonlyMap<string, number>;
}

type Judged = { readonly line: number; readonly product: NewProduct } | Rejection;

/** What becomes of some rows of a file, given what the catalogue has of their numbers. */
function judge(plan: Plan, records: CsvFile["records"], held: Awaited<ReturnType<typeof holdBySku>>): Judged[] {
  return records.map(({ line, cells, problem }) => {
    if (problem !== null) return { line, problems: [problem], cells: keep(cells) };
    const sku = skuIn(cells, plan.fields);
    const first = plan.first.get(sku);
    if (first !== undefined && first !== line) {
      return { line, problems: [`SKU ${sku.slice(0, 100)} stands in line ${first} already.`], cells: keep(cells) };
    }
    const row = held.get(sku);
    const before = row && row.deletedAt === null ? toView(row) : undefined;
    const read = productFrom(cells, plan.fields, plan.currency, before);
    return "product" in read ? { line, product: read.product } : { line, problems: read.problems, cells: keep(cells) };
  });
}

const skusOf = (plan: Plan, records: CsvFile["records"]): string[] => [
  ...new Set(records.filter(({ problem }) => problem === null).map(({ cells }) => skuIn(cells, plan.fields))),
];

async function planOf(db: Db | Tx, ctx: Pick<Ctx, "customerId">, id: string, fields: Mapping, currency: string) {
  const [row] = await db.select({ file: productImports.file }).from(productImports).where(ownImport(ctx, id)).limit(1);
  if (!row) throw new Refusal("not_found", "There is no such import.");
  if (!row.file) throw new Refusal("invalid_request", "This file has been taken in already. Send it again.");
  const csv = readCsv(row.file);
  return { csv, fields, currency, first: firstLines(csv, fields) };
}

/**
 * Tries an import on the whole file without writing anything.
 * @throws Refusal `not_found`, `invalid_request` where the file is gone
 */
export async function previewImport(
  ctx: Ctx,
  input: { importId: string; mapping: Mapping; currency: string },
): Promise<ImportPreview> {
  const plan = await planOf(ctx.db, ctx, input.importId, input.mapping, input.currency);
  const held = await knownOf(ctx, skusOf(plan, plan.csv.records));
  const judged = judge(plan, plan.csv.records, held);
  const good = judged.flatMap((each) => ("product" in each ? each : []));
  const bad = judged.flatMap((each) => ("product" in each ? [] : each));
  return {
    good: good.length,
    bad: bad.length,
    known: good.filter(({ product }) => held.get(product.sku)?.deletedAt === null).length,
    samples: good.slice(0, SAMPLES).map(({ line, product }) => ({
      line,
      sku: product.sku,
      name: product.name,
      facts: factsOf(product),
    })),
    rejections: bad.slice(0, SHOWN_REJECTIONS),
  };
}

async function knownOf(ctx: Ctx, skus: readonly string[]): Promise<Awaited<ReturnType<typeof holdBySku>>> {
  const rows = [];
  for (let at = 0; at < skus.length; at += 5_000) {
    const some = skus.slice(at, at + 5_000);
    rows.push(
      ...(await ctx.db
        .select()
        .from(products)
        .where(and(eq(products.customerId, ctx.customerId), isNull(products.deletedAt), inArray(products.sku, some)))),
    );
  }
  return new Map(rows.map((row) => [row.sku, row]));
}

/**
 * Has a file taken in, by whoever runs the jobs; starting it again changes nothing.
 * @throws Refusal `not_found`, `invalid_request` where it is over, or a column is none of the file's
 */
export async function startImport(
  ctx: Ctx,
  input: { importId: string; mapping: Mapping; currency: string },
): Promise<ImportView> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .select(importColumns)
      .from(productImports)
      .where(ownImport(ctx, input.importId))
      .for("update");
    if (!row) throw new Refusal("not_found", "There is no such import.");
    if (row.status === "running") return toImportView(row);
    if (row.status !== "uploaded") throw new Refusal("invalid_request", "This file has been taken in already.");
    const columns = row.header.length;
    if (Object.values(input.mapping).some((column) => column >= columns)) {
      throw new Refusal("invalid_request", `mapping: the file has ${columns} columns`);
    }
    await refuseTooMany(tx, ctx, 0);
    const [started] = await tx
      .update(productImports)
      .set({ status: "running", mapping: input.mapping, currency: input.currency, startedAt: sql`now()` })
      .where(ownImport(ctx, input.importId))
      .returning(importColumns);
    const details = { file: row.fileName, rows: row.rows, fields: FIELDS.filter((field) => field in input.mapping) };
    await recordAudit(tx, ctx, { action: "products.import_started", subject: row.id, details });
    return toImportView(started ?? row);
  });
}

/** Stops an import where it is; what was taken in stays. @throws Refusal `not_found` */
export async function stopImport(ctx: Ctx, input: { importId: string }): Promise<ImportView> {
  await ctx.db.transaction(async (tx) => {
    const stopped = await tx
      .update(productImports)
      .set({ status: "stopped", file: null, finishedAt: sql`now()` })
      .where(and(ownImport(ctx, input.importId), inArray(productImports.status, ["uploaded", "running"])))
      .returning({ taken: productImports.taken, started: productImports.startedAt });
    for (const { taken, started } of stopped) {
      if (started) {
        await recordAudit(tx, ctx, { action: "products.import_stopped", subject: input.importId, details: { taken } });
      }
    }
  });
  return importOf(ctx, input.importId);
}

/**
 * Takes an import in to its end, in batches. Each batch is one transaction with the import's own row in it: a kill anywhere
 * throws back one batch at most, whoever comes next goes on where the row says, and two at once wait for or pass each other.
 * @param pause called between batches; for tests that look or kill there
 * @returns false where somebody else is at it or it is over
 */
export async function runImport(db: Db, id: string, pause: () => Promise<void> = async () => {}): Promise<boolean> {
  const [head] = await db
    .select({
      customerId: productImports.customerId,
      mapping: productImports.mapping,
      currency: productImports.currency,
    })
    .from(productImports)
    .where(and(eq(productImports.id, id), eq(productImports.status, "running")));
  if (!head) return false;
  const customerId = mintCustomerId(head.customerId);
  const plan = await planOf(db, { customerId }, id, head.mapping, head.currency);
  for (;;) {
    const going = await db.transaction(async (tx) => {
      const [row] = await tx
        .select({
          taken: productImports.taken,
          rows: productImports.rows,
          type: productImports.actorType,
          actor: productImports.actorId,
        })
        .from(productImports)
        .where(and(ownImport({ customerId }, id), eq(productImports.status, "running")))
        .for("update", { skipLocked: true });
      if (!row) return null;
      const ctx: Ctx = { db, customerId, actor: { type: row.type, id: row.actor } };
      return takeBatch(tx, ctx, id, plan, row.taken);
    });
    if (going === null) return false;
    if (!going) return true;
    await pause();
  }
}

/** One batch. @returns whether more is to come */
async function takeBatch(tx: Tx, ctx: Ctx, id: string, plan: Plan, from: number): Promise<boolean> {
  const records = plan.csv.records.slice(from, from + BATCH);
  const held = await holdBySku(tx, ctx, skusOf(plan, records));
  const judged = judge(plan, records, held);
  const bad = judged.flatMap((each) => ("product" in each ? [] : each));
  const reject = (line: number, problem: string): void => {
    const cells = records.find((record) => record.line === line)?.cells ?? [];
    bad.push({ line, problems: [problem], cells: keep(cells) });
  };
  const fitting = judged.flatMap((each) => ("product" in each ? each : []));
  const more = fitting.filter(({ product }) => isOneMore(held, product.sku));
  const beyond = more.length === 0 ? [] : more.slice(Math.max(0, await roomFor(tx, ctx)));
  for (const { line } of beyond) reject(line, TOO_MANY);
  const good = beyond.length === 0 ? fitting : fitting.filter((each) => !beyond.includes(each));
  const written = await writeOr(tx, ctx, good, held, reject);
  if (bad.length > 0) {
    await tx.insert(productRejections).values(
      bad.map(({ line, problems, cells }) => ({
        importId: id,
        customerId: ctx.customerId,
        line,
        problems: problems.map(storable),
        cells,
      })),
    );
  }
  const done = from + records.length >= plan.csv.records.length;
  const many = (outcome: Written["outcome"]) => written.filter((each) => each.outcome === outcome).length;
  const [now] = await tx
    .update(productImports)
    .set({
      taken: from + records.length,
      created: sql`${productImports.created} + ${many("created")}`,
      updated: sql`${productImports.updated} + ${many("updated")}`,
      unchanged: sql`${productImports.unchanged} + ${many("unchanged")}`,
      rejected: sql`${productImports.rejected} + ${bad.length}`,
      ...(done ? { status: "done" as const, file: null, finishedAt: sql`now()` } : {}),
    })
    .where(ownImport(ctx, id))
    .returning(importColumns);
  if (done && now) {
    const { created, updated, unchanged, rejected } = now;
    const details = { file: now.fileName, created, updated, unchanged, rejected };
    await recordAudit(tx, ctx, { action: "products.imported", subject: id, details });
  }
  return !done;
}

/** Writes a batch; where the database will not have it, row by row, so that one bad row costs no other. */
async function writeOr(
  tx: Tx,
  ctx: Ctx,
  good: readonly { readonly line: number; readonly product: NewProduct }[],
  held: Awaited<ReturnType<typeof holdBySku>>,
  reject: (line: number, problem: string) => void,
): Promise<Written[]> {
  const write = (some: typeof good) =>
    tx.transaction((step) =>
      writeProducts(
        step,
        ctx,
        some.map(({ product }) => product),
        held,
      ),
    );
  try {
    return await write(good);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    logger.warn(
      { err: error, customer: ctx.customerId },
      "a batch of products could not be written and is tried row by row",
    );
  }
  const written: Written[] = [];
  for (const row of good) {
    try {
      written.push(...(await write([row])));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      reject(row.line, "The row could not be stored. Look for unusual characters in it.");
    }
  }
  return written;
}
