import type { Metadata } from "next";
import { BusinessPage } from "@/features/admin/components/business-page";

export const metadata: Metadata = { title: "Business" };

/** The business in figures. */
export default function Business() {
  return <BusinessPage />;
}
