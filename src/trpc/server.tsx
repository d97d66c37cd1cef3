import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { cache, type ReactNode } from "react";
import { createTrpcContext } from "./context";
import { createCallerFactory } from "./procedures";
import { makeQueryClient } from "./query-client";
import { appRouter } from "./root";

/** The query client of the request being served. */
export const getQueryClient = cache(makeQueryClient);

/** Query options for server components: `await getQueryClient().prefetchQuery(trpc.session.me.queryOptions())`. */
export const trpc = createTRPCOptionsProxy({ ctx: createTrpcContext, router: appRouter, queryClient: getQueryClient });

/** Calls procedures straight from a server component; refusals are thrown as `PublicError`. */
export const caller = createCallerFactory(appRouter)(createTrpcContext);

/** Hands what this request has fetched so far to the client components inside. */
export function HydrateClient({ children }: { children: ReactNode }): ReactNode {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
