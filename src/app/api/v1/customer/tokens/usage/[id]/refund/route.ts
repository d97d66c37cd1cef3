import { methodNotAllowed } from "@/lib/problem";
import { postRefund } from "@/rest/v1/refund";

const refused = methodNotAllowed("POST");

export { postRefund as POST, refused as DELETE, refused as GET, refused as OPTIONS, refused as PATCH, refused as PUT };
