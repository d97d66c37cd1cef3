import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { MeterDeps } from "@/features/metering/edge/service";
import { finder, routesOf } from "./routes";

vi.mock("next/server", () => ({ after: () => {} }));

const APP = join(import.meta.dirname, "../app");
const TOKENS = "/api/v1/customer/tokens";
const routes = routesOf({} as MeterDeps);
/** Next's own routes under the tokens, with what each exports. */
const next = readdirSync(join(APP, TOKENS), { recursive: true, encoding: "utf8" })
  .filter((path) => /(^|[\\/])route\.ts$/.test(path))
  .map((path) => ({
    path: `${TOKENS}/${path.replaceAll("\\", "/").replace(/\/?route\.ts$/, "")}`,
    file: join(APP, TOKENS, path),
  }));

it("the meter answers every address and method under the tokens that Next answers, and no other", async () => {
  expect(next.length).toBeGreaterThan(3);
  expect(next.map(({ path }) => path).toSorted()).toEqual(
    Object.keys(routes)
      .filter((path) => path.startsWith(TOKENS))
      .toSorted(),
  );
  for (const { path, file } of next) {
    const exported = (await import(file)) as Record<string, unknown>;
    for (const method of ["GET", "POST", "OPTIONS"] as const) {
      const refuses = exported[method] === undefined || exported[method] === exported.DELETE;
      const verb = routes[path]?.[method];
      expect(verb === undefined, `${method} ${path}`).toBe(refuses);
      // Where Next exports the verb itself, the meter has that very one.
      if (verb && "web" in verb && !path.includes("[")) expect(verb.web, `${method} ${path}`).toBe(exported[method]);
    }
  }
});

it("finds what stands for the id, and says which methods there are and that other addresses are nothing", async () => {
  const find = finder(routes);
  const answer = async (method: string, path: string) => {
    const { verb, id } = find(method, path);
    if ("plain" in verb) return ["plain", id];
    const response = await verb.web(new Request(`http://x${path}`), id);
    return [response.status, response.headers.get("allow")];
  };
  expect(await answer("POST", `${TOKENS}/reservations/r-1/settle`)).toEqual(["plain", "r-1"]);
  expect(await answer("PUT", `${TOKENS}/consume`)).toEqual([405, "POST, OPTIONS"]);
  expect(await answer("POST", `${TOKENS}/balance`)).toEqual([405, "GET"]);
  expect(await answer("HEAD", "/api/health")).toEqual([200, null]);
  for (const path of [
    "/",
    `${TOKENS}/consume/`,
    `${TOKENS}/__proto__`,
    `${TOKENS}/reservations/a/b/settle`,
    `${TOKENS}/reservations//settle`,
    "/api/internal/metering/load",
  ])
    expect(await answer("POST", path)).toEqual([404, null]);
});
