import { methodNotAllowed } from "@/lib/problem";
import { getHealth } from "@/rest/internal/health";

const refused = methodNotAllowed("GET");

export { getHealth as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
