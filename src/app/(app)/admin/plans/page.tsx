import type { Metadata } from "next";
import { PlansPage } from "@/features/admin/components/plans/plans-page";

export const metadata: Metadata = { title: "Plans" };

/** What is sold. */
export default function Plans() {
  return <PlansPage />;
}
