import { methodNotAllowed } from "@/lib/problem";
import { batchRoute } from "@/rest/edge/consume";

export const runtime = "edge";

const refused = methodNotAllowed("POST, OPTIONS");

export const { POST, OPTIONS } = batchRoute;
export { refused as DELETE, refused as GET, refused as HEAD, refused as PATCH, refused as PUT };
