import { methodNotAllowed } from "@/lib/problem";
import { postActivate } from "@/rest/v1/customer-apps";

const refused = methodNotAllowed("POST");

export {
  postActivate as POST,
  refused as DELETE,
  refused as GET,
  refused as OPTIONS,
  refused as PATCH,
  refused as PUT,
};
