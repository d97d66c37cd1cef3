import type { Metadata } from "next";
import { ImportPage } from "@/features/products/components/import-page";

export const metadata: Metadata = { title: "Import products" };

/** From a file to products. */
export default function Import() {
  return <ImportPage />;
}
