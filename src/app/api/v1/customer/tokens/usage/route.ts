import { methodNotAllowed } from "@/lib/problem";
import { getUsage } from "@/rest/v1/usage";

const refused = methodNotAllowed("GET");

export { getUsage as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
