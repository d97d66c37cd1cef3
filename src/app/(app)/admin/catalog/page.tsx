import type { Metadata } from "next";
import { CataloguePage } from "@/features/admin/components/catalogue/catalogue-page";

export const metadata: Metadata = { title: "Catalogue" };

/** What brands read and pay for each app. */
export default function Catalogue() {
  return <CataloguePage />;
}
