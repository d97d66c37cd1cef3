import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";

/** Closed to roles without `apps:write`. Here and not in the page, so that the answer is decided before any of it is sent. */
export default async function ImportLayout({ children }: { children: ReactNode }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  if (!gate.session.permissions.has("apps:write")) notFound();
  return children;
}
