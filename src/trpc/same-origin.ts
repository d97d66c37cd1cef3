/** What kind of body is taken, what that is called, and how large it may be, in bytes. */
export interface Accepted {
  readonly type: string;
  readonly named: string;
  readonly largest: number;
}
/** What a procedure takes. */
const PROCEDURE: Accepted = { type: "application/json", named: "JSON", largest: 64 * 1024 };

/**
 * Stands before every procedure: the session cookie travels by itself, so a request must show that one of our own
 * pages sent it. A browser says so in `Sec-Fetch-Site` and `Origin`, which a page cannot change; a sender without
 * either is no browser, and holds no cookie but its own. Bodies are of one type that no form of another site can send.
 * @param ownOrigin the public origin of the web app
 * @returns why the request is refused, or null
 */
export function refuseForeign(
  request: Request,
  ownOrigin: string,
  accepted: Accepted = PROCEDURE,
): { status: 403 | 413 | 415; detail: string } | null {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  // `none` is a person typing the address, which can only read.
  const welcome = site === null || site === "same-origin" || (site === "none" && request.method === "GET");
  if (!welcome || (origin !== null && !isOwn(origin, request, ownOrigin))) {
    return { status: 403, detail: "The request came from another site." };
  }
  if (request.method !== "POST") return null;
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== accepted.type) return { status: 415, detail: `Send ${accepted.named}.` };
  const length = request.headers.get("content-length");
  if (length !== null && !(Number(length) <= accepted.largest))
    return { status: 413, detail: "The request is too large." };
  return null;
}

/** Our public origin, or the very host the request was sent to: in development that may be an address. */
function isOwn(origin: string, request: Request, ownOrigin: string): boolean {
  if (origin === ownOrigin) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.get("host");
}

/** Reads a body to its end, or null once it is larger than may be. */
export async function readBody(request: Request, largest: number = PROCEDURE.largest): Promise<Buffer | null> {
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > largest) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The request with its body in hand, or null where that is larger than may be: for handlers that would read any to its end. */
export async function withBody(request: Request): Promise<Request | null> {
  if (!request.body) return request;
  const body = await readBody(request);
  if (body === null) return null;
  return new Request(request.url, { method: request.method, headers: request.headers, body: body.toString("utf8") });
}
