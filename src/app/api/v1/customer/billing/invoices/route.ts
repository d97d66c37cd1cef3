import { methodNotAllowed } from "@/lib/problem";
import { getInvoices } from "@/rest/v1/billing";

const refused = methodNotAllowed("GET");

export { getInvoices as GET, refused as DELETE, refused as OPTIONS, refused as PATCH, refused as POST, refused as PUT };
