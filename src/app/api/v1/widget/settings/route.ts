import { methodNotAllowed } from "@/lib/problem";
import { getWidgetSettings, settingsOptions } from "@/rest/widget/settings";

const refused = methodNotAllowed("GET, OPTIONS");

export {
  getWidgetSettings as GET,
  refused as DELETE,
  refused as PATCH,
  refused as POST,
  refused as PUT,
  settingsOptions as OPTIONS,
};
