import type { z } from "zod";
import { invalid } from "./failure";
import { inRange, type Range } from "./params";
import type { World } from "./world";

/** One address of the API. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly pattern: RegExp;
  readonly params: z.ZodType;
  /** The SDK's name for the request's type, under `Stripe.`; the tests hold each request against it. */
  readonly type: string;
  run(world: World, input: unknown, ids: string[]): unknown;
}

/** Describes an address: `POST /v1/customers/:id`, the SDK's type of its parameters, what it takes and what it does. */
export function route<S extends z.ZodType>(
  address: string,
  type: string,
  params: S,
  run: (world: World, input: z.output<S>, ...ids: string[]) => unknown,
): Route {
  const [method = "", path = ""] = address.split(" ");
  if (method !== "GET" && method !== "POST" && method !== "DELETE") throw new Error(`What is ${address}?`);
  return {
    method,
    path,
    pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "([^/]+)")}$`),
    params,
    type,
    run: (world, input, ids) => run(world, input as z.output<S>, ...ids),
  };
}

interface Paging {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?: Range | undefined;
}

export interface Page<T> {
  readonly object: "list";
  readonly data: T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** A page of a list, the newest first; `things` come in the order they were made. */
export function page<T extends { id: string; created?: number }>(things: T[], paging: Paging, url: string): Page<T> {
  const limit = paging.limit ?? 10;
  if (limit < 1 || limit > 100) throw invalid("This value must be between 1 and 100.", "limit");
  const sorted = things.toReversed().filter((thing) => inRange(thing.created ?? 0, paging.created));
  const place = (id: string, param: string): number => {
    const at = sorted.findIndex((thing) => thing.id === id);
    if (at < 0) throw invalid(`No such object: '${id}'`, param, "resource_missing");
    return at;
  };
  if (paging.ending_before !== undefined) {
    const end = place(paging.ending_before, "ending_before");
    const start = Math.max(0, end - limit);
    return { object: "list", data: sorted.slice(start, end), has_more: start > 0, url };
  }
  const start = paging.starting_after === undefined ? 0 : place(paging.starting_after, "starting_after") + 1;
  return { object: "list", data: sorted.slice(start, start + limit), has_more: sorted.length > start + limit, url };
}
