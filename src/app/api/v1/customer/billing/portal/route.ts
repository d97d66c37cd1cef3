import { methodNotAllowed } from "@/lib/problem";
import { postPortal } from "@/rest/v1/billing";

const refused = methodNotAllowed("POST");

export { postPortal as POST, refused as DELETE, refused as GET, refused as OPTIONS, refused as PATCH, refused as PUT };
