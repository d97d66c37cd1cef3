import { methodNotAllowed } from "@/lib/problem";
import { getOpenApi } from "@/rest/v1/openapi";

const refused = methodNotAllowed("GET");

export { getOpenApi as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
