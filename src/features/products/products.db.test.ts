import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { products } from "@/db/schema/products";
import { makeBrand } from "@/test/brands";
import { chosen, newProduct, type ProductInput } from "./contract";
import { productById, productBySku, type Search, searchProducts } from "./queries";
import { putProduct, removeBySku, removeProducts, restoreProducts, saveProduct } from "./service";

/** A brand's products on a real Postgres: what is written, found, counted and brought back. */

let ctx: Ctx;
const ctxOf = async (): Promise<Ctx> => {
  const { customerId, people } = await makeBrand(db());
  return { db: db(), customerId, actor: { type: "user", id: people.manager.userId } };
};
beforeEach(async () => {
  ctx = await ctxOf();
});
afterAll(closeDb);

const product = (sku: string, more: Partial<ProductInput> = {}) =>
  newProduct.parse({ sku, name: `Frame ${sku}`, ...more });
const put = async (...all: ReturnType<typeof product>[]) => {
  for (const each of all) await putProduct(ctx, each);
};
const search = async (q: string, more: Omit<Partial<Search>, "chosen"> & { chosen?: object } = {}, who = ctx) =>
  searchProducts(who, {
    q,
    sort: "relevance",
    page: 1,
    perPage: 50,
    ...more,
    chosen: chosen.parse(more.chosen ?? {}),
  });
const found = async (...args: Parameters<typeof search>) => (await search(...args)).products.map(({ sku }) => sku);

describe("writing", () => {
  it("puts attributes into our words, and keeps what it does not know as it is", async () => {
    const { product: view } = await putProduct(
      ctx,
      product("A", { shape: "Rund", material: "Mazzucchelli Azetat", colour: "Brushed Teal", gender: "Damen" }),
    );
    expect(view).toMatchObject({
      shape: "round",
      material: "acetate",
      colour: "Brushed Teal",
      colour_family: "teal",
      gender: "women",
      price_cents: null,
      currency: "",
      image: null,
      image_state: "none",
    });
    const { product: odd } = await putProduct(ctx, product("B", { shape: "Bat Wing", colour: "Nebula" }));
    expect([odd.shape, odd.colour_family]).toEqual(["bat wing", "nebula"]);
  });

  it("replaces by SKU, notes who did what, and nothing where nothing changed", async () => {
    const first = await putProduct(ctx, product("A", { price_cents: 9_900, currency: "EUR", lens_mm: 51.3 }));
    const again = await putProduct(ctx, product("A", { price_cents: 9_900, currency: "EUR", lens_mm: 51.3 }));
    const changed = await putProduct(ctx, product("A", { price_cents: 8_900, currency: "EUR" }));
    expect([first.created, again.created, changed.created]).toEqual([true, false, false]);
    expect(again.product).toEqual(first.product);
    expect(changed.product).toMatchObject({ id: first.product.id, price_cents: 8_900, lens_mm: null });
    const audit = await db().select().from(auditLog).where(eq(auditLog.subject, first.product.id)).orderBy(auditLog.id);
    expect(audit.map(({ action, actorId }) => [action, actorId])).toEqual([
      ["product.created", ctx.actor.id],
      ["product.updated", ctx.actor.id],
    ]);
  });

  it("gives no two products one SKU, and takes the SKU of a deleted one over", async () => {
    const { id } = (await putProduct(ctx, product("A"))).product;
    const other = (await putProduct(ctx, product("B"))).product;
    await expect(saveProduct(ctx, { product: product("A") })).rejects.toThrow(/another product/);
    await expect(saveProduct(ctx, { id: other.id, product: product("A") })).rejects.toThrow(/another product/);
    await removeProducts(ctx, { ids: [id] });
    expect((await saveProduct(ctx, { id: other.id, product: product("A", { name: "Moved" }) })).sku).toBe("A");
    await expect(productBySku(ctx, "B")).rejects.toThrow(/no product/);
    expect((await productBySku(ctx, "A")).name).toBe("Moved");
  });

  it("of two who make one SKU at the same moment tells the second that it is taken", async () => {
    const saved = await Promise.allSettled(
      ["A", "B", "C"].map((name) => saveProduct(ctx, { product: product("same", { name }) })),
    );
    expect(saved.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of saved) {
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "invalid_request" });
    }
    const [a, b] = [
      await saveProduct(ctx, { product: product("a") }),
      await saveProduct(ctx, { product: product("b") }),
    ];
    const renamed = await Promise.allSettled([a, b].map(({ id }) => saveProduct(ctx, { id, product: product("c") })));
    expect(renamed.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    for (const one of renamed) {
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "invalid_request" });
    }
  });

  it("deletes and brings back, by whom it says; a second time changes nothing", async () => {
    await put(product("A"), product("B"));
    const { id } = await productBySku(ctx, "A");
    expect(await removeProducts(ctx, { ids: [id] })).toEqual({ changed: 1 });
    expect(await removeProducts(ctx, { ids: [id] })).toEqual({ changed: 0 });
    expect(await found("")).toEqual(["B"]);
    await expect(productById(ctx, id)).rejects.toThrow(/no such product/);
    expect(await restoreProducts(ctx, { ids: [id] })).toEqual({ changed: 1 });
    expect(await found("")).toEqual(["A", "B"]);
    const [{ n } = { n: 0 }] = await db()
      .select({ n: sql<number>`count(*)::int` })
      .from(auditLog)
      .where(and(eq(auditLog.subject, id), sql`action in ('product.deleted', 'product.restored')`));
    expect(n).toBe(2);
  });

  it("reaches nothing of another brand by any of its verbs", async () => {
    const { id } = (await putProduct(ctx, product("A"))).product;
    const stranger = await ctxOf();
    const gone = { code: "not_found" };
    await expect(saveProduct(stranger, { id, product: product("X") })).rejects.toMatchObject(gone);
    await expect(removeProducts(stranger, { ids: [id] })).rejects.toMatchObject(gone);
    await expect(restoreProducts(stranger, { ids: [id] })).rejects.toMatchObject(gone);
    await expect(removeBySku(stranger, "A")).rejects.toMatchObject(gone);
    await expect(productById(stranger, id)).rejects.toMatchObject(gone);
    await putProduct(stranger, product("A", { name: "Theirs" }));
    expect((await productBySku(ctx, "A")).name).toBe("Frame A");
    expect((await search("frame", {}, stranger)).total).toBe(0);
    expect((await search("thiers", {}, stranger)).products.map(({ name }) => name)).toEqual(["Theirs"]);
    const rows = await db().select().from(products).where(eq(products.id, id));
    expect(rows[0]?.deletedAt).toBeNull();
  });
});

describe("searching", () => {
  beforeEach(async () => {
    await put(
      product("HAL-1", { name: "Halden", shape: "round", material: "acetate", colour: "Smoke grey", lens_mm: 48 }),
      product("AUR-1", { name: "Aurora", shape: "aviator", material: "titanium", colour: "teal", lens_mm: 54 }),
      product("CAT-1", { name: "Mimosa", shape: "cat-eye", material: "acetate", colour: "tortoise", lens_mm: 52 }),
      product("SQR-1", { name: "Kubik", shape: "square", material: "steel", colour: "black", available: false }),
    );
  });

  it.each([
    ["halden", ["HAL-1"]],
    ["hal", ["HAL-1"]],
    ["acetate", ["HAL-1", "CAT-1"]],
    ["round acetate", ["HAL-1"]],
    ["AUR-1", ["AUR-1"]],
    // In another language, and with a space where we have a hyphen.
    ["runde azetat", ["HAL-1"]],
    ["Schwarz", ["SQR-1"]],
    ["écaille", ["CAT-1"]],
    ["cat eye", ["CAT-1"]],
    ["cateye", ["CAT-1"]],
    ["50 % & ?", []],
    ["%", ["HAL-1", "AUR-1", "CAT-1", "SQR-1"]],
  ])("finds %j", async (q, skus) => {
    expect((await found(q)).toSorted()).toEqual(skus.toSorted());
  });

  it.each(["haldn", "avaitor", "tortise", "titanum", "acetat roud", "Auroar", "cat ey"])(
    "forgives %j, and says that it did",
    async (q) => {
      const answer = await search(q);
      expect(answer.products.length, q).toBeGreaterThan(0);
      if (!q.startsWith("cat")) expect(answer.close).toBe(true);
    },
  );

  it("finds nothing like nonsense, nor breaks on what looks like a query language", async () => {
    for (const q of ["xyzzyq", "'; drop table products; --", "a & | ! <->", "\\", "%_%\\", "👓"]) {
      expect((await search(q)).products.length, q).toBeLessThanOrEqual(4);
    }
    expect(await search("xyzzyq")).toMatchObject({ total: 0, all: 4, close: false });
  });

  it("knows what the brand says means the same", async () => {
    const synonyms = [{ says: "nerd glasses", means: "square steel" }];
    expect(await found("Nerd glasses", { synonyms })).toEqual(["SQR-1"]);
  });

  it("shows shoppers what is for sale only", async () => {
    const { total, all, facets } = await search("", { forSale: true });
    expect([total, all]).toEqual([3, 3]);
    expect(facets.colour?.map(({ value }) => value)).not.toContain("black");
  });

  it("counts facets so that a facet's own choice does not narrow it", async () => {
    const { total, facets } = await search("", { chosen: { material: ["acetate"], shape: ["round"] } });
    expect(total).toBe(1);
    expect(facets.shape).toEqual([
      { value: "cat-eye", count: 1 },
      { value: "round", count: 1 },
    ]);
    expect(facets.material).toEqual([{ value: "acetate", count: 1 }]);
  });

  it("filters by sizes and prices, several steps at once, and shows the steps in their order", async () => {
    await put(
      product("P1", { price_cents: 9_900, currency: "EUR", lens_mm: 48.6 }),
      product("P2", { price_cents: 19_900, currency: "EUR" }),
      product("P3", { price_cents: 40_000, currency: "EUR" }),
    );
    expect((await found("", { chosen: { lens: ["-48", "52-54"] } })).toSorted()).toEqual([
      "AUR-1",
      "CAT-1",
      "HAL-1",
      "P1",
    ]);
    const { facets } = await search("");
    expect(facets.lens?.map(({ value }) => value)).toEqual(["-48", "52-54"]);
    const steps = facets.price ?? [];
    expect(steps.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    for (const { value, count } of steps) {
      expect((await search("", { chosen: { price: [value] } })).total, value).toBe(count);
    }
    expect((await search("", { chosen: { price: ["nonsense"], lens: ["-"] } })).total).toBe(0);
  });

  it("orders by price with the unpriced last, and pages without losing or doubling any", async () => {
    await put(
      product("P1", { price_cents: 300, currency: "EUR" }),
      product("P2", { price_cents: 100, currency: "EUR" }),
    );
    expect((await found("", { sort: "price_low" })).slice(0, 2)).toEqual(["P2", "P1"]);
    const paged: string[] = [];
    for (const page of [1, 2, 3]) paged.push(...(await found("", { sort: "name", perPage: 2, page })));
    expect(new Set(paged).size).toBe(6);
    expect((await search("", { perPage: 2, page: 99 })).page).toBe(3);
  });
});
