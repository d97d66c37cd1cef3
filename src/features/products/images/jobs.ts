import { and, eq, lt, lte, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { productImages, products } from "@/db/schema/products";
import { OutgoingError, type SafeAnswer, safeFetch } from "@/lib/safe-fetch";
import { imageType, LARGEST_IMAGE, pauseBefore } from "./rules";
import { keepImage } from "./service";

/** How many are fetched side by side, and for how long one call goes on, ms. */
const AT_ONCE = 4;
const CALL_MS = 20_000;
/** How long whoever took a picture has it for itself. */
const LEASE = sql`interval '2 minutes'`;

export interface ImageDeps {
  readonly db: Db;
  /** How a picture is fetched; tests answer themselves. */
  readonly fetch?: (url: string) => Promise<Pick<SafeAnswer, "status" | "body">>;
}
type Fetch = NonNullable<ImageDeps["fetch"]>;

const get: Fetch = (url) =>
  safeFetch(url, { headers: { accept: "image/*" }, redirects: 3, maxBytes: LARGEST_IMAGE, timeoutMs: 15_000 });

/** What came of one: a picture, or why not and whether asking again may help. */
type Outcome =
  | { readonly type: string; readonly bytes: Uint8Array }
  | { readonly problem: string; readonly passing: boolean };

async function ask(url: string, fetch: Fetch): Promise<Outcome> {
  try {
    const { status, body } = await fetch(url);
    if (status !== 200) {
      const passing = status === 429 || status >= 500;
      return { problem: `The shop answered ${status} in place of a picture.`, passing };
    }
    const type = imageType(body);
    if (!type)
      return { problem: "This is no picture we can show. JPEG, PNG, WebP, AVIF and GIF will do.", passing: false };
    return { type, bytes: body };
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    if (error.reason === "too_large") return { problem: "The picture is larger than 3 MB.", passing: false };
    return { problem: error.message, passing: !["address_refused", "redirected"].includes(error.reason) };
  }
}

/** Takes some that are due; nobody else has them for the lease. */
async function take(db: Db) {
  // Each brand's first before anybody's second: one whose shop is slow keeps no other waiting for ten thousand pictures.
  const inTurn = sql`
    select id from (
      select w.id, w.image_due_at, row_number() over (partition by b.customer_id order by w.image_due_at, w.id) as turn
      from (select distinct customer_id from products where image_state = 'waiting' and image_due_at <= now()) b
      cross join lateral (
        select p.id, p.image_due_at from products p
        where p.customer_id = b.customer_id and p.image_state = 'waiting' and p.image_due_at <= now()
        order by p.image_due_at, p.id limit ${AT_ONCE}) w
    ) t order by turn, image_due_at, id limit ${AT_ONCE}`;
  // As an array it is asked once: a subquery that is joined may be asked again for each row, and take more than its limit.
  const due = db
    .select({ id: products.id })
    .from(products)
    .where(
      and(sql`${products.id} in (${inTurn})`, eq(products.imageState, "waiting"), lte(products.imageDueAt, sql`now()`)),
    )
    .for("update", { skipLocked: true });
  return db
    .update(products)
    .set({ imageDueAt: sql`now() + ${LEASE}`, imageTries: sql`${products.imageTries} + 1` })
    .where(sql`${products.id} = any(array${due})`)
    .returning({
      id: products.id,
      customerId: products.customerId,
      url: products.imageUrl,
      tries: products.imageTries,
    });
}

/** Fetches the pictures that are due, checks what came, and keeps them. Several may run side by side. */
export async function fetchImages({ db, fetch = get }: ImageDeps): Promise<void> {
  const until = Date.now() + CALL_MS;
  while (Date.now() < until) {
    const taken = await take(db);
    if (taken.length === 0) return;
    await Promise.all(taken.map(async (one) => note(db, one, await ask(one.url, fetch))));
  }
}

type Taken = Awaited<ReturnType<typeof take>>[number];

/** Writes down what came of one, unless the product has named another picture meanwhile. */
async function note(db: Db, { id, customerId, url, tries }: Taken, outcome: Outcome): Promise<void> {
  const mine = and(
    eq(products.id, id),
    eq(products.customerId, customerId),
    eq(products.imageUrl, url),
    eq(products.imageState, "waiting"),
  );
  if ("bytes" in outcome) {
    await db.transaction(async (tx) => {
      const imageHash = await keepImage(tx, { customerId, ...outcome });
      const now = { imageHash, imageState: "ready", imageProblem: null, imageDueAt: null } as const;
      await tx.update(products).set(now).where(mine);
    });
    return;
  }
  const pause = outcome.passing ? pauseBefore(tries) : null;
  await db
    .update(products)
    .set({
      imageProblem: outcome.problem,
      imageState: pause === null ? "failed" : "waiting",
      imageDueAt: pause === null ? null : sql`now() + ${pause} * interval '1 millisecond'`,
    })
    .where(mine);
}

/** Clears away products that were deleted a month ago, and pictures that no product shows. */
export async function clearProducts({ db }: { readonly db: Db }): Promise<void> {
  await db.delete(products).where(lt(products.deletedAt, sql`now() - interval '30 days'`));
  await db.delete(productImages).where(
    and(
      lt(productImages.createdAt, sql`now() - interval '1 day'`),
      sql`not exists (select 1 from products p
        where p.customer_id = ${productImages.customerId} and p.image_hash = ${productImages.hash})`,
    ),
  );
}
