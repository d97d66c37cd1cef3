import type { Metadata } from "next";
import { AuditPage } from "@/features/audit/components/audit-page";

export const metadata: Metadata = { title: "Audit log" };

/** Who did what in the brand: for managers and admins, which the layout sees to. */
export default function Audit() {
  return <AuditPage />;
}
