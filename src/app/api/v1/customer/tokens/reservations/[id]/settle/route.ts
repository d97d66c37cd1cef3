import { methodNotAllowed } from "@/lib/problem";
import { resolveRoute } from "@/rest/edge/consume";

export const runtime = "edge";

const refused = methodNotAllowed("POST");

export const POST = resolveRoute("settle");
export { refused as DELETE, refused as GET, refused as HEAD, refused as OPTIONS, refused as PATCH, refused as PUT };
