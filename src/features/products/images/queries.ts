import { eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { productImages } from "@/db/schema/products";

/**
 * A picture by its hash. Whose it is makes no difference: it is in that brand's shop for everybody to see, and nobody finds a
 * hash without having the picture.
 */
export async function imageBy(db: Reader, hash: string): Promise<{ type: string; bytes: Buffer } | null> {
  const [row] = await db
    .select({ type: productImages.type, bytes: productImages.bytes })
    .from(productImages)
    .where(eq(productImages.hash, hash))
    .limit(1);
  return row ?? null;
}
