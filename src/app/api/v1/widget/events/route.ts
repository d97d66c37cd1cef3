import { methodNotAllowed } from "@/lib/problem";
import { eventsOptions, postWidgetEvents } from "@/rest/widget/events";

const refused = methodNotAllowed("POST, OPTIONS");

export {
  eventsOptions as OPTIONS,
  postWidgetEvents as POST,
  refused as DELETE,
  refused as GET,
  refused as HEAD,
  refused as PATCH,
  refused as PUT,
};
