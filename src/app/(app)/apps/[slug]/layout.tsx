import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";
import { getQueryClient, trpc } from "@/trpc/server";

/** Closed where there is no such app for this brand. Here and not in the page, so that the answer is decided before any of it is sent. */
export default async function AppLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ slug: string }>;
}) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { slug } = await params;
  if (!gate.session.permissions.has("apps:read") || !/^[a-z0-9-]{1,50}$/.test(slug)) notFound();
  const problem = await getQueryClient()
    .fetchQuery(trpc.catalog.app.queryOptions({ slug }, { retry: false }))
    .then(
      () => null,
      (error: unknown) => error,
    );
  // Whatever else went wrong, the page says so itself and asks again.
  if (problem instanceof Error && "problem" in problem && problem.problem === "app_not_found") notFound();
  return children;
}
