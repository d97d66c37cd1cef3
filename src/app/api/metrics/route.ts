import { methodNotAllowed } from "@/lib/problem";
import { getMetrics } from "@/rest/internal/metrics";

const refused = methodNotAllowed("GET");

export { getMetrics as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
