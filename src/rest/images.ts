import { imageBy } from "@/features/products/images/queries";
import { apiHeaders, problem, requestIdOf } from "@/lib/problem";
import { metering } from "./internal/metering";
import { respond } from "./respond";

/** `GET /v1/images/{hash}`: our copy of a product's picture, for whoever has its address. It never changes. */
export const getImage = (request: Request, { params }: { params: Promise<{ readonly id: string }> }) =>
  respond(request, async () => {
    const hash = (await params).id;
    const found = /^[0-9a-f]{64}$/.test(hash) ? await imageBy(metering().db, hash) : null;
    if (!found) return problem("not_found", "There is no such picture.", { requestId: requestIdOf(request) });
    const headers = {
      ...apiHeaders(requestIdOf(request)),
      "Content-Type": found.type,
      "Cache-Control": "public, max-age=31536000, immutable",
      ETag: `"${hash.slice(0, 22)}"`,
      // Opened by itself it is a picture in an empty room: whatever is in it, nothing runs.
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "Cross-Origin-Resource-Policy": "cross-origin",
    };
    if (request.headers.get("if-none-match") === headers.ETag) return new Response(null, { status: 304, headers });
    return new Response(new Uint8Array(found.bytes), { headers });
  });
