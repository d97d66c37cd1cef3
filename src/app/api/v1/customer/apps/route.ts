import { methodNotAllowed } from "@/lib/problem";
import { getCustomerApps } from "@/rest/v1/customer-apps";

const refused = methodNotAllowed("GET");

export {
  getCustomerApps as GET,
  refused as DELETE,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
  refused as PUT,
};
