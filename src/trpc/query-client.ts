import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";

// Asking again does not change these answers.
const FINAL = new Set(["BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "UNPROCESSABLE_CONTENT"]);

function isFinal(error: unknown): boolean {
  if (!(error instanceof Error) || !("data" in error)) return false;
  const { data } = error;
  return typeof data === "object" && data !== null && "code" in data && FINAL.has(String(data.code));
}

/** A query client as both sides use it. */
export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // Long enough that what a page brought along is not fetched again while it hydrates.
        staleTime: 1_000,
        retry: (failures, error) => !isFinal(error) && failures < 2,
      },
      dehydrate: {
        // What the server is still waiting for streams to the browser when it comes.
        shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query) || query.state.status === "pending",
      },
    },
  });
