import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { productImages, products } from "@/db/schema/products";
import { OutgoingError } from "@/lib/safe-fetch";
import { makeBrand } from "@/test/brands";
import { newProduct } from "../contract";
import { productBySku } from "../queries";
import { putProduct, removeProducts } from "../service";
import { clearProducts, fetchImages, type ImageDeps } from "./jobs";
import { imageType } from "./rules";
import { fetchAgain, keepImage } from "./service";

/** Pictures by address: what is kept, what is not, and what is tried again. */

const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(64, 1)]);
let ctx: Ctx;
beforeEach(async () => {
  // Pictures that other tests left waiting are no business of these.
  await db().update(products).set({ imageState: "failed", imageDueAt: null }).where(eq(products.imageState, "waiting"));
  const { customerId } = await makeBrand(db());
  ctx = { db: db(), customerId, actor: { type: "system", id: "test" } };
});
afterAll(closeDb);

const put = async (sku: string, image_url: string) =>
  (await putProduct(ctx, newProduct.parse({ sku, name: sku, image_url }))).product;
type Answer = Awaited<ReturnType<NonNullable<ImageDeps["fetch"]>>>;
const fetching = (answer: (url: string) => Answer) => fetchImages({ db: db(), fetch: async (url) => answer(url) });
const view = (sku: string) => productBySku(ctx, sku);

it("keeps a picture by what it is, whatever it says it is, once for two products", async () => {
  await put("A", "https://img.example/a.txt");
  await put("B", "https://img.example/b.html");
  await fetching(() => ({ status: 200, body: PNG }));
  const [a, b] = [await view("A"), await view("B")];
  expect([a.image_state, a.image]).toEqual(["ready", b.image]);
  const kept = await db().select().from(productImages).where(eq(productImages.customerId, ctx.customerId));
  expect(kept.map(({ type, bytes }) => [type, bytes.equals(PNG)])).toEqual([["image/png", true]]);
});

it.each([
  ["a page in place of a picture", Buffer.from("<!doctype html><script>alert(1)</script>".repeat(3))],
  ["a drawing that can hold a script", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  ["a script behind a picture's name", Buffer.from(`GIF90a=1;${"x".repeat(60)}`)],
  ["nothing", Buffer.alloc(0)],
])("keeps not %s", async (_name, body) => {
  expect(imageType(body)).toBeNull();
  await put("A", "https://img.example/a.png");
  await fetching(() => ({ status: 200, body }));
  expect(await view("A")).toMatchObject({ image: null, image_state: "failed", image_problem: expect.any(String) });
});

it("goes nowhere that is not the public internet, by the guarded way out itself", async () => {
  for (const [at, url] of [
    "https://10.0.0.1/a.png",
    "http://img.example/a.png",
    "https://169.254.169.254/latest/meta-data",
    "https://[::ffff:10.0.0.1]/a.png",
    "https://img.example:8443/a.png",
  ].entries()) {
    await put(`P${at}`, url);
  }
  await fetchImages({ db: db() });
  for (const at of [0, 1, 2, 3, 4]) {
    expect(await view(`P${at}`)).toMatchObject({ image_state: "failed", image: null });
  }
});

it("asks again later where that may help, and gives up in the end; another address begins anew", async () => {
  await put("A", "https://img.example/a.png");
  const due = () =>
    db().update(products).set({ imageDueAt: sql`now()` }).where(eq(products.customerId, ctx.customerId));
  let asked = 0;
  for (let round = 0; round < 6; round++) {
    await fetching(() => {
      asked += 1;
      if (asked % 2 === 0) throw new OutgoingError("timed_out", "No full answer within 15 seconds.");
      return { status: 503, body: Buffer.alloc(0) };
    });
    if ((await view("A")).image_state === "waiting") await due();
  }
  expect([asked, (await view("A")).image_state]).toEqual([4, "failed"]);
  const { id } = await view("A");
  await fetchAgain(ctx, { id });
  expect((await view("A")).image_state).toBe("waiting");
  await put("A", "https://img.example/other.png");
  await fetching((url) => ({ status: 200, body: url.includes("other") ? PNG : Buffer.alloc(0) }));
  expect((await view("A")).image_state).toBe("ready");
});

it("one brand's many pictures let another's come through, and two workers fetch each once", async () => {
  for (let n = 0; n < 30; n++) await put(`M${n}`, `https://slow.example/${n}.png`);
  const { customerId } = await makeBrand(db());
  const other = { ...ctx, customerId };
  await putProduct(other, newProduct.parse({ sku: "A", name: "A", image_url: "https://img.example/a.png" }));
  const asked: string[] = [];
  const round = () =>
    fetching((url) => {
      asked.push(url);
      return { status: 200, body: PNG };
    });
  await Promise.all([round(), round()]);
  expect(asked.indexOf("https://img.example/a.png")).toBeLessThan(8);
  expect([asked.length, new Set(asked).size]).toEqual([31, 31]);
});

it("an answer that comes after the product named another picture is thrown away", async () => {
  await put("A", "https://img.example/old.png");
  await fetchImages({
    db: db(),
    fetch: async (url) => {
      if (url.includes("old")) await put("A", "");
      return { status: 200, body: PNG };
    },
  });
  expect(await view("A")).toMatchObject({ image: null, image_state: "none", image_url: "" });
});

it("a picture that comes again is not cleared away as an old one before its product shows it", async () => {
  const mine = eq(productImages.customerId, ctx.customerId);
  const keep = () => keepImage(db(), { customerId: ctx.customerId, type: "image/png", bytes: PNG });
  await keep();
  await db().update(productImages).set({ createdAt: sql`now() - interval '2 days'` }).where(mine);
  await keep();
  await clearProducts({ db: db() });
  expect(await db().select({ hash: productImages.hash }).from(productImages).where(mine)).toHaveLength(1);
});

it("clears away what was deleted a month ago, and pictures that nobody shows", async () => {
  const { id } = await put("A", "https://img.example/a.png");
  await put("B", "");
  await fetching(() => ({ status: 200, body: PNG }));
  await removeProducts(ctx, { ids: [id] });
  const count = async () => [
    (await db().select().from(products).where(eq(products.customerId, ctx.customerId))).length,
    (await db().select().from(productImages).where(eq(productImages.customerId, ctx.customerId))).length,
  ];
  await clearProducts({ db: db() });
  expect(await count()).toEqual([2, 1]);
  await db().update(products).set({ deletedAt: sql`now() - interval '31 days'` }).where(eq(products.id, id));
  await db().update(productImages).set({ createdAt: sql`now() - interval '2 days'` });
  await clearProducts({ db: db() });
  expect(await count()).toEqual([1, 0]);
});
