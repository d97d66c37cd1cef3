import { LARGEST_FILE } from "@/features/products/imports/rules";
import { openImport } from "@/features/products/imports/service";
import { methodNotAllowed } from "@/lib/problem";
import { serveUpload } from "@/trpc/upload";

const refused = methodNotAllowed("POST");

export const POST = (request: Request): Promise<Response> =>
  serveUpload(request, { permission: "apps:write", largest: LARGEST_FILE, take: openImport });
export { refused as DELETE, refused as GET, refused as OPTIONS, refused as PATCH, refused as PUT };
