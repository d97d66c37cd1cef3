import type { Metadata } from "next";
import { SystemPage } from "@/features/admin/components/system-page";

export const metadata: Metadata = { title: "System" };

/** How the machinery stands. */
export default function System() {
  return <SystemPage />;
}
