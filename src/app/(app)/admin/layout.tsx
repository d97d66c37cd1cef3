import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";
import { isStaff } from "@/auth/staff-gate";
import { AdminNav } from "@/features/admin/components/admin-nav";

/** The platform's own pages. To everybody else they are not there; each question below asks again. */
export default async function PlatformLayout({ children }: { children: ReactNode }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  if (!(await isStaff(gate.session))) notFound();
  return (
    <>
      <AdminNav />
      {children}
    </>
  );
}
