import { methodNotAllowed } from "@/lib/problem";
import { getEmbedCode } from "@/rest/v1/customer-apps";

const refused = methodNotAllowed("GET");

export {
  getEmbedCode as GET,
  refused as DELETE,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
  refused as PUT,
};
