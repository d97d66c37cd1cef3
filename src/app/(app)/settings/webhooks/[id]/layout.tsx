import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { isUuid } from "@/lib/ids";
import { getQueryClient, trpc } from "@/trpc/server";

/** Closed where the brand has no such endpoint. Here and not in the page, so that the answer is decided before any of it is sent. */
export default async function EndpointLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ id: string }>;
}) {
  const { id } = await params;
  if (!isUuid(id)) notFound();
  const problem = await getQueryClient()
    .fetchQuery(trpc.webhooks.endpoint.queryOptions({ id }, { retry: false }))
    .then(
      () => null,
      (error: unknown) => error,
    );
  // Whatever else went wrong, the page says so itself and asks again.
  if (problem instanceof Error && "problem" in problem && problem.problem === "not_found") notFound();
  return children;
}
