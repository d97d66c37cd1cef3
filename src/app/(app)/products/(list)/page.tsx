import type { Metadata } from "next";
import { currentSession } from "@/auth/session";
import { ProductsPage } from "@/features/products/components/products-page";

export const metadata: Metadata = { title: "Products" };

/** The brand's products: seen by everybody of it, changed by managers and admins. */
export default async function Products() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  return <ProductsPage canWrite={gate.session.permissions.has("apps:write")} />;
}
