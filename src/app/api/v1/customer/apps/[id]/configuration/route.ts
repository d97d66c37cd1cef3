import { methodNotAllowed } from "@/lib/problem";
import { getConfiguration, putConfiguration } from "@/rest/v1/customer-apps";

const refused = methodNotAllowed("GET, PUT");

export {
  getConfiguration as GET,
  putConfiguration as PUT,
  refused as DELETE,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
};
