import { methodNotAllowed } from "@/lib/problem";
import { getProducts } from "@/rest/v1/products";

const refused = methodNotAllowed("GET");

export { getProducts as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
