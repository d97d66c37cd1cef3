import { answerBatch, answerConsume } from "@/features/metering/edge/handler";
import type { MeterDeps } from "@/features/metering/edge/service";
import { type Incoming, preflight } from "@/features/metering/http/rules";
import { answerHold, answerResolve } from "@/features/metering/reservations/handler";
import { type Answer, methodNotAllowed, problem, requestIdOf } from "@/lib/problem";
import { getHealth, getReady } from "@/rest/internal/health";
import { getMetrics } from "@/rest/internal/metrics";
import { getBalance, getLedger } from "@/rest/v1/ledger";
import { postRefund } from "@/rest/v1/refund";
import { getUsage } from "@/rest/v1/usage";

/** What one method at one address does: plainly, on the path that has to be quick, or on Web requests. `id` is the one in the path. */
export type Verb =
  | { readonly plain: (request: Incoming, id: string) => Answer | Promise<Answer> }
  | { readonly web: (request: Request, id: string) => Response | Promise<Response> };
export type Method = "GET" | "POST" | "OPTIONS";
export type Route = Partial<Record<Method, Verb>>;

const TOKENS = "/api/v1/customer/tokens";

/**
 * Every address the meter answers, written as Next writes it. The verbs are the ones Next's routes call, so that an
 * answer does not depend on who gives it; `routes.test.ts` holds the two lists together.
 */
export const routesOf = (deps: MeterDeps): Readonly<Record<string, Route>> => ({
  [`${TOKENS}/consume`]: {
    POST: { plain: (request) => answerConsume(request, deps) },
    OPTIONS: { plain: preflight },
  },
  [`${TOKENS}/consume/batch`]: {
    POST: { plain: (request) => answerBatch(request, deps) },
    OPTIONS: { plain: preflight },
  },
  [`${TOKENS}/reservations`]: { POST: { plain: (request) => answerHold(request, deps) } },
  [`${TOKENS}/reservations/[id]/settle`]: {
    POST: { plain: (request, id) => answerResolve(request, deps, { id, verb: "settle" }) },
  },
  [`${TOKENS}/reservations/[id]/release`]: {
    POST: { plain: (request, id) => answerResolve(request, deps, { id, verb: "release" }) },
  },
  [`${TOKENS}/usage/[id]/refund`]: {
    POST: { web: (request, id) => postRefund(request, { params: Promise.resolve({ id }) }) },
  },
  [`${TOKENS}/balance`]: { GET: { web: getBalance } },
  [`${TOKENS}/ledger`]: { GET: { web: getLedger } },
  [`${TOKENS}/usage`]: { GET: { web: getUsage } },
  "/api/health": { GET: { web: getHealth } },
  "/api/ready": { GET: { web: getReady } },
  "/api/metrics": { GET: { web: getMetrics } },
});

/** What stands for `[id]` in a path. */
const SEGMENT = "([^/]+)";

const nothing: Verb = {
  web: (request) => problem("not_found", "There is nothing at this address.", { requestId: requestIdOf(request) }),
};

/**
 * Finds verbs by method and path: the route's own, a 405 that names the methods there are, or a 404. An answer to HEAD is
 * that to GET; Node leaves its body out.
 */
export function finder(
  routes: Readonly<Record<string, Route>>,
): (method: string, path: string) => { readonly verb: Verb; readonly id: string } {
  const exact = new Map(Object.entries(routes).filter(([path]) => !path.includes("[")));
  const patterns = Object.entries(routes)
    .filter(([path]) => path.includes("["))
    .map(([path, route]) => ({ pattern: new RegExp(`^${path.replace("[id]", SEGMENT)}$`), route }));
  const at = (path: string): { route: Route; id: string } | undefined => {
    const route = exact.get(path);
    if (route) return { route, id: "" };
    for (const { pattern, route } of patterns) {
      const match = pattern.exec(path);
      if (match) return { route, id: match[1] ?? "" };
    }
    return undefined;
  };
  return (method, path) => {
    const found = at(path);
    if (!found) return { verb: nothing, id: "" };
    const { route, id } = found;
    const verb = route[(method === "HEAD" ? "GET" : method) as Method];
    return { verb: verb ?? { web: methodNotAllowed(Object.keys(route).join(", ")) }, id };
  };
}
