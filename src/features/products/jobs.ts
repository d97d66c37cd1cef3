import type { Db } from "@/db/client";
import { clearProducts, fetchImages } from "./images/jobs";
import { clearImports, runImports } from "./imports/jobs";

const HOUR = 3_600_000;

/** What has to be done over and over for catalogues. */
export const PRODUCT_UPKEEP: readonly {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (deps: { readonly db: Db }) => Promise<void>;
}[] = [
  { name: "product imports", everyMs: 1_000, run: runImports },
  { name: "product images", everyMs: 5_000, run: fetchImages },
  { name: "abandoned imports", everyMs: HOUR, run: clearImports },
  { name: "deleted products", everyMs: HOUR, run: clearProducts },
];
