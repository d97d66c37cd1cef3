"use client";

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { makeQueryClient } from "./query-client";
import type { AppRouter } from "./root";

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export { useTRPC, useTRPCClient };

let inBrowser: QueryClient | undefined;

/** One client for the life of a browser tab; on the server one for each rendering, so that nobody's data is shared. */
function queryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  inBrowser ??= makeQueryClient();
  return inBrowser;
}

/** Puts tRPC and its cache around the app. */
export function TrpcProvider({ children }: { children: ReactNode }): ReactNode {
  const queries = queryClient();
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: httpSubscriptionLink({ url: "/api/trpc" }),
          false: splitLink({
            // A question that says so may be too long for an address.
            condition: ({ context }) => context.long === true,
            true: httpLink({ url: "/api/trpc", methodOverride: "POST" }),
            false: httpBatchLink({ url: "/api/trpc", maxURLLength: 2_000, maxItems: 10 }),
          }),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
