import type { Metadata } from "next";
import { CustomersPage } from "@/features/admin/components/customers-page";

export const metadata: Metadata = { title: "Brands" };

/** All brands. */
export default function Customers() {
  return <CustomersPage />;
}
