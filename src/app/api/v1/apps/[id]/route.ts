import { methodNotAllowed } from "@/lib/problem";
import { getApp } from "@/rest/v1/apps";

const refused = methodNotAllowed("GET");

export { getApp as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
