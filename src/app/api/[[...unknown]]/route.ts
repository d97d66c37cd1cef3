import { problem, requestIdOf } from "@/lib/problem";

/** Whatever address of the API is not a route of its own, `/api` itself included. */
const nothing = (request: Request): Response =>
  problem("not_found", "There is nothing at this address.", { requestId: requestIdOf(request) });

export { nothing as DELETE, nothing as GET, nothing as OPTIONS, nothing as PATCH, nothing as POST, nothing as PUT };
