import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import { newProduct, type ProductInput } from "@/features/products/contract";
import { type FinderAnswer, finderAnswer } from "@/features/products/finder/contract";
import { giveImages } from "@/features/products/images/service";
import { putProduct } from "@/features/products/service";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { mintWidgetSession, readWidgetSession, SESSION_SECONDS, type WidgetClaims } from "@/lib/widget-session";
import { type TestBrand, testBrand } from "@/test/meter";
import { getImage } from "../images";
import { getWidgetProducts } from "./products";

vi.mock("next/server", () => ({ after: () => {} }));

/** Frame Finder's own route: what a session's token opens, and what it does not. */

let brand: TestBrand;
let stranger: TestBrand;
const ctxOf = ({ customerId }: TestBrand): Ctx => ({ db: db(), customerId, actor: { type: "system", id: "test" } });
const put = (who: TestBrand, sku: string, more: Partial<ProductInput> = {}) =>
  putProduct(ctxOf(who), newProduct.parse({ sku, name: `Frame ${sku}`, ...more }));

beforeAll(async () => {
  [brand, stranger] = await Promise.all([testBrand({ apps: ["frf-001"] }), testBrand({ apps: ["frf-001"] })]);
  await put(brand, "A", { shape: "round", price_cents: 10_000, currency: "EUR", lens_mm: 50, bridge_mm: 20 });
  await put(brand, "B", { shape: "square", url: "https://shop.example/b", gender: "women" });
  await put(brand, "C", { shape: "oval", available: false });
  await put(stranger, "A", { name: "Theirs", shape: "aviator" });
});
afterAll(closeDb);

const token = (who: TestBrand, over: Partial<WidgetClaims> = {}, now = Date.now()): string => {
  const claims = { usageId: uuidv7(), appId: "frf-001", customerId: who.customerId, test: false };
  return mintWidgetSession({ ...claims, origin: "https://shop.example", asked: {}, ...over }, env().AUTH_SECRET, now);
};
const ask = (query = "", bearer = token(brand)): Promise<Response> =>
  getWidgetProducts(
    new Request(`http://localhost/api/v1/widget/products${query}`, { headers: { authorization: `Bearer ${bearer}` } }),
  );
const answer = async (...args: Parameters<typeof ask>): Promise<FinderAnswer> => {
  const response = await ask(...args);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  expect(finderAnswer.parse(body)).toEqual(body);
  return body;
};
const refusal = async (...args: Parameters<typeof ask>): Promise<string> => {
  const response = await ask(...args);
  return `${response.status} ${(await response.json()).code}`;
};
const configure = async (configuration: Record<string, unknown>, status: "active" | "paused" = "active") => {
  const [app] = await db().select({ id: apps.id }).from(apps).where(eq(apps.catalogId, "frf-001"));
  await db()
    .update(customerApps)
    .set({ configuration, status })
    .where(and(eq(customerApps.customerId, brand.customerId), eq(customerApps.appId, app?.id ?? "")));
};

describe("a session's token", () => {
  it("opens the frames for sale of the brand that it was made for, and of no other", async () => {
    const { frames, all } = await answer();
    expect(frames.map(({ sku }) => sku).toSorted()).toEqual(["A", "B"]);
    expect(all).toBe(2);
    expect(frames.find(({ sku }) => sku === "A")).toEqual({
      ...{ sku: "A", name: "Frame A", brand: "", shape: "round", material: "", colour: "", price_cents: 10_000 },
      ...{ currency: "EUR", size: "50□20", url: "", image: null },
    });
    expect(JSON.stringify(await answer("?q=theirs"))).not.toContain("Theirs");
    for (const query of [`?customer=${stranger.customerId}`, `?customerId=${stranger.customerId}`]) {
      expect(await refusal(query)).toBe("400 invalid_request");
    }
  });

  it("that is none, is over, was changed or was made for another app opens nothing", async () => {
    const [body = "", signature = ""] = token(stranger).split(".");
    const forged = `${token(brand).split(".")[0]}.${signature}`;
    for (const wrong of ["", "x", forged, `${body}.`, brand.publicKey.secret, brand.secretKey.secret]) {
      expect(await refusal("", wrong), wrong).toBe("401 invalid_api_key");
    }
    const old = token(brand, {}, Date.now() - SESSION_SECONDS * 1_000 - 1);
    expect(await refusal("", old)).toBe("401 invalid_api_key");
    expect(await refusal("", token(brand, { appId: "pdc-001" }))).toBe("403 app_not_permitted");
  });

  it("goes on while the visit does, for hours and not for days", async () => {
    const now = Date.now();
    const begun = token(brand, {}, now - (SESSION_SECONDS - 5) * 1_000);
    const renewed = (await answer("", begun)).token;
    expect(readWidgetSession(renewed, env().AUTH_SECRET, now + (SESSION_SECONDS - 10) * 1_000)).toMatchObject({
      customerId: brand.customerId,
      appId: "frf-001",
    });
    const ofYesterday = token(brand, { usageId: uuidv7(now - 86_400_000) });
    expect((await answer("", ofYesterday)).token).toBe(ofYesterday);
  });

  it("opens nothing once the app is paused", async () => {
    await configure({}, "paused");
    expect(await refusal()).toBe("403 app_not_active");
    await configure({});
    expect(await refusal("?sort=sideways")).toBe("400 invalid_request");
    expect(await refusal(`?q=${"x".repeat(201)}`)).toBe("400 invalid_request");
    expect(await refusal(`?${"shape=a&".repeat(21)}`)).toBe("400 invalid_request");
  });
});

describe("what the brand has set up", () => {
  it("decides on filters, order, page and words; nonsense in it does no harm", async () => {
    await configure({
      filters: ["price", "gender", "shape"],
      default_sort: "price_high",
      per_page: 8,
      synonyms: [{ says: "john lennon", means: "round" }, { says: 5 }, null],
      no_results: "Ask us.",
    });
    const { facets, sort, no_results } = await answer();
    expect(facets.map(({ name }) => name)).toEqual(["shape", "gender"]);
    expect([sort, no_results]).toEqual(["price_high", "Ask us."]);
    expect((await answer("?q=John+Lennon+glasses")).total).toBe(0);
    expect((await answer("?q=John+Lennon")).frames.map(({ sku }) => sku)).toEqual(["A"]);
    expect((await answer("?shape=round&shape=square&gender=women")).frames.map(({ sku }) => sku)).toEqual(["B"]);
    await configure({ filters: "all", per_page: -1, synonyms: {}, default_sort: [] });
    expect((await answer()).total).toBe(2);
    await configure({});
  });
});

describe("a picture", () => {
  const image = (hash: string, headers: Record<string, string> = {}) =>
    getImage(new Request(`http://localhost/v1/images/${hash}`, { headers }), { params: Promise.resolve({ id: hash }) });

  it("is served by its hash, for ever, with nothing in it that could run", async () => {
    const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    await giveImages(ctxOf(brand), new Map([["A", { type: "image/svg+xml", bytes }]]));
    const { frames } = await answer("?shape=round");
    const path = frames[0]?.image ?? "";
    expect(path).toMatch(/^\/v1\/images\/[0-9a-f]{64}$/);
    const hash = path.split("/").at(-1) ?? "";
    const served = await image(hash);
    expect(Buffer.from(await served.arrayBuffer())).toEqual(bytes);
    expect(Object.fromEntries(served.headers)).toMatchObject({
      "content-type": "image/svg+xml",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "cache-control": "public, max-age=31536000, immutable",
    });
    const etag = served.headers.get("etag") ?? "";
    expect((await image(hash, { "if-none-match": etag })).status).toBe(304);
    for (const none of ["0".repeat(64), "../../etc/passwd", hash.toUpperCase(), `${hash}0`, ""]) {
      expect((await image(none)).status, none).toBe(404);
    }
  });
});
