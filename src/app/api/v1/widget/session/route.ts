import { methodNotAllowed } from "@/lib/problem";
import { getWidgetSession } from "@/rest/widget/sessions";

const refused = methodNotAllowed("GET");

export {
  getWidgetSession as GET,
  refused as DELETE,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
  refused as PUT,
};
