import { methodNotAllowed } from "@/lib/problem";
import { getImage } from "@/rest/images";

const refused = methodNotAllowed("GET");

export { getImage as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
