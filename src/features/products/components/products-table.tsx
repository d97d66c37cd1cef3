"use client";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Id } from "@/components/copy";
import { StoppedIcon } from "@/components/icons/interface";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import type { Product } from "../contract";
import { ProductPicture } from "./product-picture";
import { attributesOf, priceOf, sizeOf } from "./words";

/** What a manager may do with a product. */
export interface ProductActions {
  readonly edit: (product: Product) => void;
  readonly remove: (product: Product) => void;
}

/** A page of products. On narrow screens what has no column of its own is said under the name. */
export function ProductsTable({ products, actions }: { products: readonly Product[]; actions?: ProductActions }) {
  return (
    <Table label="Products">
      <thead>
        <tr>
          <Th>Product</Th>
          <Th className="max-lg:hidden">Attributes</Th>
          <Th className="max-xl:hidden">Size, mm</Th>
          <Th className="text-right max-md:hidden">Price</Th>
          {actions && (
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          )}
        </tr>
      </thead>
      <tbody>
        {products.map((product) => (
          <ProductRow key={product.id} product={product} actions={actions} />
        ))}
      </tbody>
    </Table>
  );
}

function ProductRow({ product, actions }: { product: Product; actions?: ProductActions }) {
  const attributes = attributesOf(product);
  return (
    <Tr>
      <RowHead className="max-w-96">
        <span className="flex items-center gap-3">
          <ProductPicture product={product} />
          <span className="grid min-w-0 gap-0.5">
            <span className="font-medium wrap-anywhere">{product.name}</span>
            <span className="flex flex-wrap items-center gap-x-2 text-12 text-ink-3">
              <Id id={product.sku} what="SKU" />
              {product.brand && <span className="wrap-anywhere">{product.brand}</span>}
              {!product.available && <Badge>Not for sale</Badge>}
            </span>
            <span className="text-12 wrap-anywhere text-ink-2 lg:hidden">{attributes}</span>
            <span className="figures text-12 text-ink-2 md:hidden">{priceOf(product)}</span>
            {product.image_state === "failed" && (
              <span className="flex items-start gap-1 text-12 text-red">
                <StoppedIcon size={14} className="mt-px shrink-0" /> {product.image_problem}
              </span>
            )}
          </span>
        </span>
      </RowHead>
      <Td className="text-13 wrap-anywhere text-ink-2 max-lg:hidden">{attributes}</Td>
      <Td className="figures text-13 whitespace-nowrap text-ink-2 max-xl:hidden">{sizeOf(product)}</Td>
      <Td className="figures text-right whitespace-nowrap max-md:hidden">{priceOf(product)}</Td>
      {actions && (
        <Td className="text-right">
          <span className="inline-flex flex-col justify-end sm:flex-row">
            <Button look="quiet" size="small" aria-label={`Edit ${product.name}`} onClick={() => actions.edit(product)}>
              Edit
            </Button>
            <Button
              look="quiet"
              size="small"
              aria-label={`Delete ${product.name}`}
              onClick={() => actions.remove(product)}
            >
              Delete
            </Button>
          </span>
        </Td>
      )}
    </Tr>
  );
}
