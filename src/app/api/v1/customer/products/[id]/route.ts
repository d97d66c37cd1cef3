import { methodNotAllowed } from "@/lib/problem";
import { deleteProduct, getProduct, putProductBySku } from "@/rest/v1/products";

const refused = methodNotAllowed("GET, PUT, DELETE");

export {
  deleteProduct as DELETE,
  getProduct as GET,
  putProductBySku as PUT,
  refused as OPTIONS,
  refused as PATCH,
  refused as POST,
};
