import { methodNotAllowed } from "@/lib/problem";
import { postPause } from "@/rest/v1/customer-apps";

const refused = methodNotAllowed("POST");

export { postPause as POST, refused as DELETE, refused as GET, refused as OPTIONS, refused as PATCH, refused as PUT };
