import { dehydrate } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { makeQueryClient, queryClientOf } from "./query-client";

it("hands over what has come, and nothing that somebody else on the page still waits for", async () => {
  const queries = makeQueryClient();
  await queries.prefetchQuery({ queryKey: ["come"], queryFn: async () => 1 });
  void queries.prefetchQuery({ queryKey: ["awaited"], queryFn: () => new Promise<number>(() => {}) });
  expect(dehydrate(queries).queries.map(({ queryKey }) => queryKey)).toEqual([["come"]]);
});

it("shows nobody what was read for somebody else: another person or brand begins with an empty cache", () => {
  const mine = queryClientOf("ada northlight");
  mine.setQueryData(["keys"], ["ca_pk_live"]);
  expect(queryClientOf("ada northlight").getQueryData(["keys"])).toEqual(["ca_pk_live"]);
  expect(queryClientOf("ada otherbrand").getQueryData(["keys"])).toBeUndefined();
  expect(queryClientOf("ada northlight").getQueryData(["keys"])).toBeUndefined();
});
