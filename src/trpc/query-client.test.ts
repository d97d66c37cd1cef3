import { dehydrate } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { makeQueryClient } from "./query-client";

it("hands over what has come, and nothing that somebody else on the page still waits for", async () => {
  const queries = makeQueryClient();
  await queries.prefetchQuery({ queryKey: ["come"], queryFn: async () => 1 });
  void queries.prefetchQuery({ queryKey: ["awaited"], queryFn: () => new Promise<number>(() => {}) });
  expect(dehydrate(queries).queries.map(({ queryKey }) => queryKey)).toEqual([["come"]]);
});
