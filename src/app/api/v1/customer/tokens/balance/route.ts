import { methodNotAllowed } from "@/lib/problem";
import { getBalance } from "@/rest/v1/ledger";

const refused = methodNotAllowed("GET");

export { getBalance as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
