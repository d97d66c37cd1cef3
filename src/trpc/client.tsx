"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { makeQueryClient, queryClientOf } from "./query-client";
import type { AppRouter } from "./root";

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export { useTRPC, useTRPCClient };

/**
 * Puts tRPC and its cache around the app. `whose` names the person and the brand they look at; give it as the key, too, so that
 * nothing that was opened for another, such as a stream of its balance, goes on.
 */
export function TrpcProvider({ whose, children }: { whose: string; children: ReactNode }): ReactNode {
  // On the server one for each rendering, so that nobody's data is shared.
  const queries = typeof window === "undefined" ? makeQueryClient() : queryClientOf(whose);
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
