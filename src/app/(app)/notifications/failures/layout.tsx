import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";

/** Closed to roles without `deliveries:write`: it names people's addresses. */
export default async function FailuresLayout({ children }: { children: ReactNode }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  if (!gate.session.permissions.has("deliveries:write")) notFound();
  return children;
}
