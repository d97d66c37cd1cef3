import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db, openDatabase } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { productImports, products } from "@/db/schema/products";
import { readCsv } from "@/lib/csv-read";
import { env } from "@/lib/env";
import { makeBrand } from "@/test/brands";
import { chosen, newProduct } from "../contract";
import { productBySku, searchProducts } from "../queries";
import { MOST_PRODUCTS, putProduct, removeProducts, saveProduct } from "../service";
import { runImports } from "./jobs";
import { importOf, importReport, rejectionsFile } from "./queries";
import { LARGEST_FILE } from "./rules";
import { openImport, previewImport, runImport, startImport, stopImport } from "./service";

/** Files of products, good and bad, into a real Postgres. */

let ctx: Ctx;
beforeEach(async () => {
  const { customerId, people } = await makeBrand(db());
  ctx = { db: db(), customerId, actor: { type: "user", id: people.manager.userId } };
});
afterAll(closeDb);

const sent = (text: string | Buffer, name = "frames.csv") =>
  openImport(ctx, { name, bytes: typeof text === "string" ? Buffer.from(text) : text });
const planned = async (...args: Parameters<typeof sent>) => {
  const { id, mapping, currency } = await sent(...args);
  return { importId: id, mapping: mapping as { sku: number }, currency };
};
/** Sends a file and takes it in with the columns as they were guessed. */
async function taken(...args: Parameters<typeof sent>) {
  const plan = await planned(...args);
  await startImport(ctx, plan);
  await runImport(db(), plan.importId);
  return importReport(ctx, plan.importId);
}
const counts = ({ created, updated, unchanged, rejected, taken, rows, status }: Record<string, unknown>) => ({
  ...{ created, updated, unchanged, rejected, taken, rows, status },
});
const stored = async () => {
  const rows = await db().select().from(products).where(eq(products.customerId, ctx.customerId)).orderBy(products.sku);
  return rows.map(({ sku, name, priceCents }) => [sku, name, priceCents]);
};

it("brings a brand no more products than it may have: each row beyond is told, and those it has are updated", async () => {
  await db().execute(sql`
    insert into products (id, customer_id, sku, name, search, words)
    select gen_random_uuid(), ${ctx.customerId}, 'S-' || n, 'Stock', '', '' from generate_series(1, ${MOST_PRODUCTS - 2}) n`);
  const gone = await productBySku(ctx, "S-1");
  await removeProducts(ctx, { ids: [gone.id] });
  const rows = ["N-1", "N-2", "N-3", "S-1", "S-2"].map((sku) => `${sku},Renamed`);
  const { import: report, rejections } = await taken(["sku,name", ...rows].join("\n"));
  expect(counts(report)).toMatchObject({ created: 3, updated: 1, rejected: 1, status: "done" });
  expect(rejections).toMatchObject([{ line: 5, problems: [expect.stringContaining(`${MOST_PRODUCTS} products`)] }]);
  await removeProducts(ctx, { ids: [(await productBySku(ctx, "N-1")).id] });
  await putProduct(ctx, newProduct.parse({ sku: "N-9", name: "Nine" }));
  // One that comes back is one more, as a new one is.
  await expect(putProduct(ctx, newProduct.parse({ sku: "N-1", name: "Back" }))).rejects.toThrow(`${MOST_PRODUCTS}`);
  await expect(saveProduct(ctx, { product: newProduct.parse({ sku: "N-1", name: "Back" }) })).rejects.toThrow(
    `${MOST_PRODUCTS}`,
  );
});

describe("a file", () => {
  it("of a shop system is understood as it is", async () => {
    const file = [
      "Artikelnummer;Bezeichnung;Marke;Form;Farbe;Preis;Größe;Bild-URL;Verfügbar",
      "H-1;Halden;Northlight;Rund;Schildpatt;1.249,50 €;48□20–145;https://img.example/h.jpg;ja",
      "H-2;Görlitz;;eckig;schwarz;99;;;nein",
    ].join("\r\n");
    const { import: report } = await taken(Buffer.from(`\uFEFF${file}`, "utf16le"), "export.csv");
    expect(counts(report)).toMatchObject({ created: 2, rejected: 0, status: "done" });
    expect(report).toMatchObject({ encoding: "utf-16le", delimiter: ";" });
    expect(await productBySku(ctx, "H-1")).toMatchObject({
      brand: "Northlight",
      shape: "round",
      colour: "Schildpatt",
      colour_family: "tortoise",
      price_cents: 124_950,
      currency: "EUR",
      lens_mm: 48,
      bridge_mm: 20,
      temple_mm: 145,
      image_state: "waiting",
      available: true,
    });
    expect(await productBySku(ctx, "H-2")).toMatchObject({ price_cents: 9_900, currency: "USD", available: false });
  });

  it("with bad rows: each is reported with line and reason, the rest is taken, and mending the report mends the rest", async () => {
    const file = [
      "sku,name,price,lens width,image url",
      "A,Alpha,100,50,",
      ",No number,1,50,",
      "B,,1,50,",
      "C,Gamma,a lot,50,",
      "D,Delta,5,500,",
      'E,"Epsilon,5,50,',
      "A,Twice,5,50,",
      "F,Zeta,5,50,javascript:alert(1)",
      "G,Eta,5,50,,too,many",
      `H,Theta,5,${"9".repeat(70_000)},`,
      '=1+1,=HYPERLINK(""),5,50,',
    ].join("\n");
    const { import: report, rejections } = await taken(file);
    expect(counts(report)).toMatchObject({ created: 2, rejected: 9, taken: 11, rows: 11, status: "done" });
    expect(rejections.map(({ line, problems }) => [line, problems.join(" ")])).toEqual([
      [3, "SKU is needed."],
      [4, "Name is needed."],
      [5, "Price: “a lot” is not a number."],
      [6, "Lens width must be at most 90 mm."],
      [7, "A quote is opened and never closed."],
      [8, "SKU A stands in line 2 already."],
      [9, "Picture must be a web address that begins with https://."],
      [10, "The line has 7 cells, and there are 5 columns. Put cells that hold the delimiter into quotes."],
      [11, "The line is longer than 64 KB."],
    ]);
    // A formula is text like any other here, and harmless in a file of ours.
    expect(await stored()).toEqual([
      ["=1+1", '=HYPERLINK("")', 500],
      ["A", "Alpha", 10_000],
    ]);
    const { fileName, text } = await rejectionsFile(ctx, report.id);
    expect(fileName).toBe("frames-not-taken.csv");
    expect(text.split("\r\n")).toHaveLength(11);
    const mended = text.replace("C,Gamma,a lot", "'=1+1,Gamma,70").replace("B,,1", "B,Beta,1");
    const second = await taken(mended);
    // The row that came twice is one that changes the first now, because it comes alone.
    expect(counts(second.import)).toMatchObject({ created: 1, updated: 2 });
    expect((await productBySku(ctx, "=1+1")).name).toBe("Gamma");
  });

  it("with rows that Postgres cannot keep as they stand reports these too, and takes the rest", async () => {
    const rows = Array.from({ length: 200 }, (_, at) => `S-${at},Frame ${at},5,`);
    const file = [
      "sku,name,price,description",
      ...rows,
      `A,Cut in a character,a lot,${"x".repeat(499)}👓`,
      `B,Cut in its problem,${"x".repeat(39)}👓,`,
      "C,With a NUL,a\u0000lot,",
    ].join("\n");
    const plan = await planned(file);
    await startImport(ctx, plan);
    await runImports({ db: db() });
    const { import: report, rejections } = await importReport(ctx, plan.importId);
    expect(counts(report)).toMatchObject({ created: 200, rejected: 3, status: "done" });
    expect(rejections.map(({ line, cells }) => [line, cells[0]])).toEqual([
      [202, "A"],
      [203, "B"],
      [204, "C"],
    ]);
  });

  it("is refused as a whole where it is none, empty, too large or too long, and leaves nothing", async () => {
    for (const [file, why] of [
      [Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), /not a text file/],
      ["", /empty/],
      ["sku,name\n", /no rows/],
      [Buffer.alloc(LARGEST_FILE + 1, "a"), /larger than 10 MB/],
      [`sku,name\n${"a,b\n".repeat(20_001)}`, /more than 20000 rows/],
    ] as const) {
      await expect(sent(file as string)).rejects.toThrow(why);
    }
    const rows = await db().select().from(productImports).where(eq(productImports.customerId, ctx.customerId));
    expect(rows).toEqual([]);
  });
});

describe("sent again", () => {
  it("changes by SKU what is new, and says of each row which it was", async () => {
    await taken("sku,name,price\nA,Alpha,1\nB,Beta,2\nC,Gamma,3\n");
    const { id } = await productBySku(ctx, "C");
    await removeProducts(ctx, { ids: [id] });
    const { import: report } = await taken("sku,name,price\nA,Alpha,1\nB,Beta II,2\nC,Gamma,3\nD,Delta,4\n");
    expect(counts(report)).toMatchObject({ unchanged: 1, updated: 1, created: 2, rejected: 0 });
    expect(await productBySku(ctx, "C")).toMatchObject({ id, name: "Gamma" });
  });

  it("leaves what the file has no column for, and empties what its cell leaves empty", async () => {
    await taken("sku,name,price,colour,description\nA,Alpha,10,black,Long text\n");
    await taken("sku,price,description\nA,12,\n");
    expect(await productBySku(ctx, "A")).toMatchObject({
      name: "Alpha",
      price_cents: 1_200,
      colour: "black",
      description: "",
    });
    const { rejections } = await taken("sku,price\nNEW,12\n");
    expect(rejections[0]?.problems.join()).toMatch(/Name/);
  });
});

describe("the preview", () => {
  it("tells what would happen, row for row, and writes nothing", async () => {
    await putProduct(ctx, newProduct.parse({ sku: "A", name: "Alpha" }));
    const plan = await planned("sku,name,price\nA,Alpha,1\nB,Beta,2\nB,Again,2\n,x,1\n");
    const preview = await previewImport(ctx, plan);
    expect(preview).toMatchObject({ good: 2, bad: 2, known: 1 });
    expect(preview.samples[1]).toEqual({ line: 3, sku: "B", name: "Beta", facts: ["2.00 USD"] });
    expect(preview.rejections.map(({ line }) => line)).toEqual([4, 5]);
    expect(await stored()).toEqual([["A", "Alpha", null]]);
    await startImport(ctx, plan);
    await runImport(db(), plan.importId);
    const done = await importOf(ctx, plan.importId);
    expect([done.created + done.updated + done.unchanged, done.rejected]).toEqual([preview.good, preview.bad]);
  });
});

const large = (rows: number, name = "Frame") =>
  `sku,name,price,shape,lens width\n${Array.from({ length: rows }, (_, at) =>
    at % 100 === 99 ? `S-${at},,1,round,50` : `S-${at},${name} ${at},${100 + (at % 400)},round,${45 + (at % 12)}`,
  ).join("\n")}`;

describe("ten thousand rows", () => {
  it("come through a kill after any batch: none is lost, none comes twice", async () => {
    const plan = await planned(large(10_000));
    await startImport(ctx, plan);
    let seen = 0;
    // Whoever runs it dies again and again: its connection is cut in the midst of a batch, or it stops between two.
    for (let kills = 0; kills < 6; kills++) {
      const own = openDatabase(env().DATABASE_URL, { max: 1 });
      const dies = runImport(own, plan.importId, async () => {
        const { taken } = await importOf(ctx, plan.importId);
        expect(taken).toBeGreaterThan(seen);
        seen = taken;
        if (kills % 2 === 0) throw new Error("killed");
        // In the next batch, somewhere.
        setTimeout(() => void own.$client.end({ timeout: 0 }), 20);
      });
      await expect(dies).rejects.toThrow();
      await own.$client.end({ timeout: 0 });
    }
    const half = await importOf(ctx, plan.importId);
    expect([half.status, half.taken < 10_000]).toEqual(["running", true]);
    // Two at once, then: each batch is taken by one of them.
    await Promise.all([runImport(db(), plan.importId), runImport(db(), plan.importId)]);
    await runImports({ db: db() });
    const done = await importOf(ctx, plan.importId);
    expect(counts(done)).toEqual({
      ...{ rows: 10_000, taken: 10_000, created: 9_900, updated: 0, unchanged: 0, rejected: 100, status: "done" },
    });
    const { total, facets } = await searchProducts(ctx, {
      ...{ q: "", chosen: chosen.parse({}), sort: "name", page: 1, perPage: 10 },
    });
    expect([total, facets.shape]).toEqual([9_900, [{ value: "round", count: 9_900 }]]);
    const rejected = readCsv(Buffer.from((await rejectionsFile(ctx, plan.importId)).text));
    expect(rejected.records.map(({ cells }) => cells[5])).toEqual(
      Array.from({ length: 100 }, (_, at) => String(at * 100 + 101)),
    );
    const [row] = await db().select().from(productImports).where(eq(productImports.id, plan.importId));
    expect(row?.file).toBeNull();
    const notes = await db()
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(eq(auditLog.subject, plan.importId))
      .orderBy(auditLog.id);
    expect(notes.map(({ action }) => action)).toEqual(["products.import_started", "products.imported"]);
  }, 30_000);

  it("stop where they are told to, and what was taken stays", async () => {
    const plan = await planned(large(3_000));
    await startImport(ctx, plan);
    const went = await runImport(db(), plan.importId, async () => {
      await stopImport(ctx, plan);
    });
    expect(went).toBe(false);
    const { status, taken: so } = await importOf(ctx, plan.importId);
    expect([status, so]).toEqual(["stopped", 500]);
    await runImports({ db: db() });
    expect((await stored()).length).toBe(495);
    await expect(startImport(ctx, plan)).rejects.toThrow(/taken in already/);
  });
});

it("an import belongs to its brand", async () => {
  const plan = await planned("sku,name\nA,Alpha\n");
  const { customerId } = await makeBrand(db());
  const stranger: Ctx = { ...ctx, customerId };
  const gone = { code: "not_found" };
  await expect(importReport(stranger, plan.importId)).rejects.toMatchObject(gone);
  await expect(previewImport(stranger, plan)).rejects.toMatchObject(gone);
  await expect(startImport(stranger, plan)).rejects.toMatchObject(gone);
  await expect(stopImport(stranger, plan)).rejects.toMatchObject(gone);
  await expect(rejectionsFile(stranger, plan.importId)).rejects.toMatchObject(gone);
  expect((await importOf(ctx, plan.importId)).status).toBe("uploaded");
});
