import { QueryClient } from "@tanstack/react-query";

// Asking again does not change these answers.
const FINAL = new Set(["BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "UNPROCESSABLE_CONTENT"]);

function isFinal(error: unknown): boolean {
  if (!(error instanceof Error) || !("data" in error)) return false;
  const { data } = error;
  return typeof data === "object" && data !== null && "code" in data && FINAL.has(String(data.code));
}

/**
 * A query client as both sides use it. The server hands over what has come and nothing that it still waits for: a layout
 * would hand the browser its page's questions without their answers, and the page, drawn with them, would not be taken over.
 */
export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // Long enough that what a page brought along is not fetched again while it hydrates.
        staleTime: 1_000,
        retry: (failures, error) => !isFinal(error) && failures < 2,
      },
    },
  });

let kept: { readonly whose: string; readonly queries: QueryClient } | undefined;

/**
 * The browser's client: one for as long as the same person looks at the same brand. Whoever comes next in this tab, by a new
 * sign-in or a change of brand, begins with an empty one and is shown nothing that was read for somebody else.
 */
export function queryClientOf(whose: string): QueryClient {
  if (kept?.whose !== whose) kept = { whose, queries: makeQueryClient() };
  return kept.queries;
}
