import { methodNotAllowed } from "@/lib/problem";
import { getWidgetProducts } from "@/rest/widget/products";

const refused = methodNotAllowed("GET");

export {
  getWidgetProducts as GET,
  refused as DELETE,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
  refused as PUT,
};
