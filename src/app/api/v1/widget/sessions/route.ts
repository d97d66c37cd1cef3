import { methodNotAllowed } from "@/lib/problem";
import { postWidgetSession, sessionsOptions } from "@/rest/widget/sessions";

const refused = methodNotAllowed("POST, OPTIONS");

export {
  postWidgetSession as POST,
  refused as DELETE,
  refused as GET,
  refused as HEAD,
  refused as PATCH,
  refused as PUT,
  sessionsOptions as OPTIONS,
};
