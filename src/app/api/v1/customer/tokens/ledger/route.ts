import { methodNotAllowed } from "@/lib/problem";
import { getLedger } from "@/rest/v1/ledger";

const refused = methodNotAllowed("GET");

export { getLedger as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
