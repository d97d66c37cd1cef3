import { methodNotAllowed } from "@/lib/problem";
import { getReady } from "@/rest/internal/health";

const refused = methodNotAllowed("GET");

export { getReady as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
