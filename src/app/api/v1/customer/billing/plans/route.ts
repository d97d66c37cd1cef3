import { methodNotAllowed } from "@/lib/problem";
import { getPlans } from "@/rest/v1/billing";

const refused = methodNotAllowed("GET");

export { getPlans as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
