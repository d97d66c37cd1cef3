import { methodNotAllowed } from "@/lib/problem";
import { holdRoute } from "@/rest/edge/consume";

export const runtime = "edge";

const refused = methodNotAllowed("POST");

export {
  holdRoute as POST,
  refused as DELETE,
  refused as GET,
  refused as HEAD,
  refused as OPTIONS,
  refused as PATCH,
  refused as PUT,
};
