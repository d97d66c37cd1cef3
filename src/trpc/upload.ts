import { publicOrigin } from "@/auth/config";
import type { Ctx } from "@/db/context";
import type { Permission } from "@/features/team/rules";
import { apiHeaders, json, requestIdOf } from "@/lib/problem";
import { createTrpcContext, type TrpcContext } from "./context";
import { databaseAway, notAllowed, PublicError, signedOut, toPublicError } from "./errors";
import { type Accepted, readBody, refuseForeign } from "./same-origin";

/** What a page sends a file to: who may, how large it may be, and what is done with it. */
export interface Upload {
  readonly permission: Permission;
  /** In bytes. */
  readonly largest: number;
  readonly take: (ctx: Ctx, file: { readonly name: string; readonly bytes: Uint8Array }) => Promise<unknown>;
}

const STATUS: Readonly<Partial<Record<PublicError["code"], number>>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  SERVICE_UNAVAILABLE: 503,
};

function refusal(status: 403 | 413 | 415, detail: string): PublicError {
  if (status === 403) return new PublicError("FORBIDDEN", "forbidden", detail);
  if (status === 413) return new PublicError("PAYLOAD_TOO_LARGE", "payload_too_large", detail);
  return new PublicError("UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type", detail);
}

/**
 * Serves a file from one of our own pages, which a procedure's 64 KiB of JSON cannot carry: the same gate, the same errors. The
 * file is the body itself, as `application/octet-stream`, which no form of another site can send; its name is in the query.
 */
export async function serveUpload(
  request: Request,
  upload: Upload,
  createContext: () => TrpcContext = createTrpcContext,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const accepted: Accepted = { type: "application/octet-stream", largest: upload.largest, named: "the file itself" };
  try {
    const foreign = refuseForeign(request, publicOrigin(), accepted);
    if (foreign?.status === 403) throw refusal(403, foreign.detail);
    const context = createContext();
    const found = await context.session();
    if (found.state === "unavailable") throw databaseAway();
    if (found.state === "out") throw signedOut();
    if (!found.session.permissions.has(upload.permission)) throw notAllowed();
    if (foreign) throw refusal(foreign.status, foreign.detail);
    const bytes = await readBody(request, upload.largest);
    if (bytes === null) throw refusal(413, "The file is too large.");
    const name = new URL(request.url).searchParams.get("name") ?? "";
    return json(await upload.take(context.actAs(found.session), { name, bytes }), 200, requestId);
  } catch (error) {
    const { code, problem, message, fields, errorId } = toPublicError(error);
    const body = { error: { message, data: { code, problem, fields, errorId } } };
    return new Response(JSON.stringify(body), {
      status: STATUS[code] ?? 500,
      headers: { ...apiHeaders(requestId), "Content-Type": "application/json" },
    });
  }
}
