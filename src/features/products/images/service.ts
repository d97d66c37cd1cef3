import { createHash } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { productImages, products } from "@/db/schema/products";
import { Refusal } from "@/lib/errors";

/**
 * Keeps a picture that somebody has checked. One that is there already is as new again, so that it is not cleared away
 * as shown by nobody before a product shows it.
 * @returns its hash
 */
export async function keepImage(
  db: Db | Tx,
  image: { customerId: string; type: string; bytes: Uint8Array },
): Promise<string> {
  const bytes = Buffer.from(image.bytes);
  const hash = createHash("sha256").update(bytes).digest("hex");
  await db
    .insert(productImages)
    .values({ customerId: image.customerId, hash, type: image.type, bytes })
    .onConflictDoUpdate({
      target: [productImages.customerId, productImages.hash],
      set: { createdAt: sql`now()` },
    });
  return hash;
}

/** Gives products pictures of our own drawing, by their SKU: for the demo brand, whose frames nobody has photographed. */
export async function giveImages(
  ctx: Ctx,
  images: ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>,
): Promise<void> {
  for (const [sku, image] of images) {
    await ctx.db.transaction(async (tx) => {
      const hash = await keepImage(tx, { customerId: ctx.customerId, ...image });
      await tx
        .update(products)
        .set({ imageHash: hash, imageState: "ready", imageProblem: null, imageDueAt: null })
        .where(and(eq(products.customerId, ctx.customerId), eq(products.sku, sku), eq(products.imageUrl, "")));
    });
  }
}

/** Has a product's picture fetched once more. @throws Refusal `not_found`, `invalid_request` where it names none */
export async function fetchAgain(ctx: Ctx, input: { id: string }): Promise<{ changed: number }> {
  return ctx.db.transaction(async (tx) => {
    const own = and(eq(products.customerId, ctx.customerId), eq(products.id, input.id), isNull(products.deletedAt));
    const [row] = await tx.select({ imageUrl: products.imageUrl }).from(products).where(own).for("update");
    if (!row) throw new Refusal("not_found", "There is no such product.");
    if (row.imageUrl === "") throw new Refusal("invalid_request", "The product names no picture to fetch.");
    await tx
      .update(products)
      .set({ imageState: "waiting", imageHash: null, imageProblem: null, imageTries: 0, imageDueAt: sql`now()` })
      .where(own);
    return { changed: 1 };
  });
}
