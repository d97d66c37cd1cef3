import {
  deleteResponse,
  productBody,
  productsQuery,
  productsResponse,
  productView,
  upsertResponse,
} from "@/features/products/contract";
import { BY_SERVER, type Operation } from "./operation";

const PRODUCTS = "/api/v1/customer/products";
const READ = { kinds: "secret", scope: "apps:read" } as const;
const WRITE = { kinds: "secret", scope: "apps:activate" } as const;
const SKU = "The product's SKU, percent-encoded";

/** The brand's catalogue of products. */
export const PRODUCT_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: PRODUCTS,
    id: "listProducts",
    tag: "Products",
    summary: "List products",
    description:
      "The brand's products, by words, attributes and order. Words are forgiven a slip where nothing is called exactly that. Of " +
      "`shape`, `material`, `colour`, `gender` and `brand` several may be asked for with a comma between them.",
    key: READ,
    query: productsQuery,
    answers: { 200: productsResponse },
    problems: BY_SERVER,
  },
  {
    method: "get",
    path: `${PRODUCTS}/[id]`,
    id: "getProduct",
    tag: "Products",
    summary: "Read a product",
    description: "One product by its SKU.",
    key: READ,
    idIs: SKU,
    answers: { 200: productView },
    problems: [...BY_SERVER, "invalid_request", "not_found"],
  },
  {
    method: "put",
    path: `${PRODUCTS}/[id]`,
    id: "putProduct",
    tag: "Products",
    summary: "Create or replace a product",
    description:
      "Makes the product of this SKU, or replaces all that was said of it: what is left out is emptied. A picture is fetched from " +
      "`image_url` soon after, checked, and served from our own address in `image`.",
    key: WRITE,
    idIs: SKU,
    body: productBody,
    answers: { 201: upsertResponse, 200: upsertResponse },
    problems: BY_SERVER,
  },
  {
    method: "delete",
    path: `${PRODUCTS}/[id]`,
    id: "deleteProduct",
    tag: "Products",
    summary: "Delete a product",
    description: "Takes the product out of the catalogue. On the Products page it can be brought back for thirty days.",
    key: WRITE,
    idIs: SKU,
    answers: { 200: deleteResponse },
    problems: [...BY_SERVER, "invalid_request", "not_found"],
  },
];
