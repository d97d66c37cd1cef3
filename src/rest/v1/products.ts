import { type KeyCaller, requireSecretKey } from "@/auth/key-gate";
import type { Scope } from "@/features/keys/rules";
import { chosen, newProduct, productBody, productsQuery, sku } from "@/features/products/contract";
import { productBySku, searchProducts } from "@/features/products/queries";
import { putProduct, removeBySku } from "@/features/products/service";
import { Refusal } from "@/lib/errors";
import { json, requestIdOf } from "@/lib/problem";
import { wrongValue } from "@/lib/wrong-value";
import { readBody } from "../body";
import { limit } from "../limits";
import { readQuery } from "../query";
import { respond, type Told } from "../respond";
import type { AppParams } from "./apps";

/** The key gate, then the brand's bucket. Products are one catalogue: there is none of a sandbox, and a test key may not write. */
async function admit(request: Request, scope: Scope, told: Told): Promise<KeyCaller> {
  const caller = await requireSecretKey(request, scope);
  await limit("products", { scope: "customer", id: caller.ctx.customerId }, told);
  if (scope === "apps:activate" && caller.mode === "test") {
    throw new Refusal("forbidden", "A test key never changes what shoppers see. Use a live key.");
  }
  return caller;
}

const values = (text: string | undefined): string[] =>
  text
    ?.split(",")
    .map((each) => each.trim())
    .filter(Boolean) ?? [];

/** The SKU in an address. @throws Refusal `invalid_request` */
async function skuOf({ params }: AppParams): Promise<string> {
  const read = sku.safeParse(decoded((await params).id), { error: wrongValue });
  if (read.success) return read.data;
  throw new Refusal("invalid_request", `sku: ${read.error.issues[0]?.message ?? "is not one"}`);
}

/** What stands in a path, percent signs undone; a text that is no such is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `GET /api/v1/customer/products` */
export const getProducts = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    const { ctx } = await admit(request, "apps:read", told);
    const { q = "", sort, page, per_page, ...facets } = readQuery(request, productsQuery);
    const asked = Object.entries(facets).map(([facet, text]) => [facet, values(text)] as const);
    const wanted = chosen.safeParse(Object.fromEntries(asked), { error: wrongValue });
    if (!wanted.success) throw new Refusal("invalid_request", "At most 20 values of a facet may be asked for.");
    const search = { q, chosen: wanted.data, sort, page, perPage: per_page, facets: [] };
    const { products, total, pages } = await searchProducts(ctx, search);
    return { products: page > pages ? [] : products, pagination: { page, per_page, total, total_pages: pages } };
  });

/** `GET /api/v1/customer/products/{sku}` */
export const getProduct = (request: Request, params: AppParams): Promise<Response> =>
  respond(request, async (told) => {
    const { ctx } = await admit(request, "apps:read", told);
    return productBySku(ctx, await skuOf(params));
  });

/** `PUT /api/v1/customer/products/{sku}`: 201 where it is new, 200 after. What is left out is emptied. */
export const putProductBySku = (request: Request, params: AppParams): Promise<Response> =>
  respond(request, async (told) => {
    const body = await readBody(request, productBody);
    const { ctx } = await admit(request, "apps:activate", told);
    const { created, product } = await putProduct(ctx, newProduct.parse({ ...body, sku: await skuOf(params) }));
    return json({ success: true, created, product }, created ? 201 : 200, requestIdOf(request));
  });

/** `DELETE /api/v1/customer/products/{sku}` */
export const deleteProduct = (request: Request, params: AppParams): Promise<Response> =>
  respond(request, async (told) => {
    const { ctx } = await admit(request, "apps:activate", told);
    return { success: true, ...(await removeBySku(ctx, await skuOf(params))) };
  });
