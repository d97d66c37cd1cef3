import { methodNotAllowed } from "@/lib/problem";
import { getApps } from "@/rest/v1/apps";

const refused = methodNotAllowed("GET");

export { getApps as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
