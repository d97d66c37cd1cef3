import { Resolver } from "node:dns/promises";
import { request as plainRequest } from "node:http";
import { type RequestOptions, request as tlsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { env } from "./env";
import { isLoopbackAddress, isPublicAddress } from "./safe-fetch-address";

/**
 * The one way out to an address that somebody else named: receivers of webhooks, chat rooms, images by URL. Only https, only
 * port 443, only public addresses, and the connection goes to the very address that was checked, whatever the name
 * resolves to by then. Node only: the edge runtime has neither a resolver nor a socket, and could not keep the promise.
 */

/** Why a request to the outside came to nothing. The messages are written for the person who named the address. */
export type OutgoingReason =
  | "address_refused"
  | "name_not_found"
  | "unreachable"
  | "tls_failed"
  | "timed_out"
  | "redirected"
  | "too_large";

export class OutgoingError extends Error {
  readonly reason: OutgoingReason;
  constructor(reason: OutgoingReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface SafeRequest {
  readonly method?: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds for all of it: name, connection, and the last byte of the answer. */
  readonly timeoutMs?: number;
  /** How much of an answer is read, in bytes. */
  readonly maxBytes?: number;
  /** What happens where the answer is larger: it is cut there, or the request fails as `too_large`. */
  readonly overflow?: "cut" | "refuse";
  /** How many redirects a GET follows, each checked like the first address; 0 returns a 3xx as it came. */
  readonly redirects?: number;
  readonly signal?: AbortSignal;
}

export interface SafeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True where the body was cut at `maxBytes`. */
  readonly truncated: boolean;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly durationMs: number;
}

/** What the way out stands on; tests put their own resolver and certificates here. */
export interface Outside {
  /** All addresses of a name. @throws where there is none */
  readonly resolve: (hostname: string, timeoutMs: number) => Promise<readonly string[]>;
  /** Whether this machine's own addresses may be named, by http as well and on any port: development and tests only. */
  readonly loopback: boolean;
  /** Certificates to trust instead of the usual ones. */
  readonly ca?: string;
  /** Which port may be named; 443, but where a test listens. */
  readonly port?: number;
}

const LONGEST_URL = 2_048;
const MOST_ADDRESSES = 16;
const DEFAULTS = { timeoutMs: 10_000, maxBytes: 64 * 1024 } as const;

/**
 * Asks the name servers itself: getaddrinfo would occupy one of the few threads that files and hashes need, for as long
 * as a name server of somebody else's takes; and it would read /etc/hosts, whose names are nobody's business.
 */
export async function resolvePublic(hostname: string, timeoutMs: number): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: Math.max(250, Math.min(3_000, timeoutMs)), tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (found.length === 0) throw new Error(`No address for ${hostname}`);
  return found;
}

/** The outside as this process's environment allows it. */
export const outside = (): Outside => ({ resolve: resolvePublic, loopback: env().OUTGOING_LOOPBACK === "on" });

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, "");
const isLocalName = (hostname: string): boolean => /^(?:.+\.)?localhost\.?$/.test(hostname);

/**
 * Checks all of an address that can be told without asking a name server. The parser has undone every disguise by then:
 * 0x7f.1, 2130706433 and ①②⑦.⓪.⓪.① are all 127.0.0.1.
 * @throws OutgoingError `address_refused`, with a sentence for whoever named it
 */
export function checkUrl(text: string, { loopback, port = 443 }: Pick<Outside, "loopback" | "port"> = outside()): URL {
  const refuse = (why: string): never => {
    throw new OutgoingError("address_refused", why);
  };
  if (text.length > LONGEST_URL) refuse(`The address is longer than ${LONGEST_URL} characters.`);
  const url = URL.canParse(text) ? new URL(text) : refuse("This is not a web address.");
  const host = bare(url.hostname);
  const literal = isIP(host) !== 0;
  const local = literal ? isLoopbackAddress(host) : isLocalName(host);
  if (url.username || url.password) refuse("The address must not hold a user name or a password.");
  if (loopback && local && /^https?:$/.test(url.protocol)) return url;
  if (url.protocol !== "https:") refuse("The address must begin with https://.");
  if (Number(url.port || 443) !== port) refuse(`The address must be on port ${port}.`);
  if (local || (literal && !isPublicAddress(host))) refuse("The address is not one of the public internet.");
  if (!literal && !/\.[^.]/.test(host)) refuse("The address needs a full name, such as hooks.example.com.");
  return url;
}

/** Every address of a name, all of them checked: one private among them refuses all, because any of them may be dialled. */
async function addressesOf(url: URL, out: Outside, timeoutMs: number): Promise<readonly string[]> {
  const host = bare(url.hostname);
  if (isIP(host)) return [host];
  let found: readonly string[];
  try {
    found = out.loopback && isLocalName(host) ? ["127.0.0.1", "::1"] : await out.resolve(host, timeoutMs);
  } catch (cause) {
    throw new OutgoingError("name_not_found", "The name has no address.", { cause });
  }
  if (found.length === 0) throw new OutgoingError("name_not_found", "The name has no address.");
  const allowed = (address: string) => isPublicAddress(address) || (out.loopback && isLoopbackAddress(address));
  if (!found.every(allowed)) {
    throw new OutgoingError("address_refused", "The name leads to an address that is not one of the public internet.");
  }
  return found.slice(0, MOST_ADDRESSES);
}

/** What `connect` asks in place of a name server: it is told the checked addresses and nothing else. */
function pinned(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = known;
    if (options.all) callback(null, known);
    else callback(null, first?.address ?? "", first?.family ?? 4);
  };
}

function failure(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const byTls = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/.test(code);
  return byTls
    ? new OutgoingError("tls_failed", "No safe connection: its certificate was not accepted.", { cause: error })
    : new OutgoingError("unreachable", "The connection was refused or broken off.", { cause: error });
}

interface Hop extends Required<Pick<SafeRequest, "method" | "headers" | "maxBytes" | "overflow">> {
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** One request to one address that was checked, with its answer up to the limit. */
function exchange(
  url: URL,
  addresses: readonly string[],
  hop: Hop,
  ca?: string,
): Promise<Omit<SafeAnswer, "durationMs">> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: hop.method,
      // identity: a small answer that unpacks into a large one never gets the chance.
      headers: { "user-agent": "VARAi-Connected-Apps", ...hop.headers, "accept-encoding": "identity" },
      lookup: pinned(addresses),
      // A connection of its own: one that was kept would have been checked for another request. It also keeps a proxy of
      // the environment out, behind which nothing here could tell where the request goes.
      agent: false,
      maxHeaderSize: 16 * 1024,
      signal: hop.signal,
      ...(ca === undefined ? {} : { ca }),
    };
    const request = (url.protocol === "https:" ? tlsRequest : plainRequest)(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (truncated: boolean) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
          ),
          body: Buffer.concat(chunks),
          truncated,
          url: url.href,
        });
        if (truncated) request.destroy();
      };
      response.on("data", (chunk: Buffer) => {
        const room = hop.maxBytes - size;
        size += chunk.length;
        if (chunk.length <= room) return void chunks.push(chunk);
        if (hop.overflow === "refuse") {
          request.destroy(new OutgoingError("too_large", `The answer is larger than ${hop.maxBytes} bytes.`));
          return;
        }
        chunks.push(chunk.subarray(0, Math.max(0, room)));
        done(true);
      });
      response.on("end", () => done(false));
      response.on("error", (error) => reject(failure(hop.signal.aborted ? hop.signal.reason : error)));
    });
    request.on("error", (error) => reject(failure(hop.signal.aborted ? hop.signal.reason : error)));
    request.on("close", () => reject(new OutgoingError("unreachable", "The connection was refused or broken off.")));
    request.end(hop.body);
  });
}

/**
 * Sends one request to an address that somebody else named. Any status is an answer, redirects included unless `redirects`
 * allows some.
 * @throws OutgoingError where the address is refused, or nothing whole came back in time
 */
export async function safeFetch(
  target: string,
  asked: SafeRequest = {},
  out: Outside = outside(),
): Promise<SafeAnswer> {
  const started = performance.now();
  const timeoutMs = asked.timeoutMs ?? DEFAULTS.timeoutMs;
  const late = new AbortController();
  const clock = setTimeout(
    () => late.abort(new OutgoingError("timed_out", `No full answer within ${timeoutMs / 1000} seconds.`)),
    timeoutMs,
  );
  const signal = asked.signal ? AbortSignal.any([late.signal, asked.signal]) : late.signal;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(failure(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  aborted.catch(() => {});
  try {
    const hop: Hop = {
      method: asked.method ?? "GET",
      headers: asked.headers ?? {},
      body: asked.body,
      maxBytes: asked.maxBytes ?? DEFAULTS.maxBytes,
      overflow: asked.overflow ?? "refuse",
      signal,
    };
    const follows = hop.method === "GET" ? (asked.redirects ?? 0) : 0;
    let url = checkUrl(target, out);
    for (let left = follows; ; left--) {
      const addresses = await Promise.race([addressesOf(url, out, timeoutMs), aborted]);
      // What was meant for the first host is not shown to another.
      const headers = url.host === new URL(target).host ? hop.headers : {};
      const answer = await exchange(url, addresses, { ...hop, headers }, out.ca);
      const { location } = answer.headers;
      if (follows === 0 || answer.status < 301 || answer.status > 308 || location === undefined) {
        return { ...answer, durationMs: Math.round(performance.now() - started) };
      }
      if (left === 0) throw new OutgoingError("redirected", "The address redirects too often.");
      url = checkUrl(URL.canParse(location, url) ? new URL(location, url).href : location, out);
    }
  } finally {
    clearTimeout(clock);
    if (onAbort) signal.removeEventListener("abort", onAbort);
  }
}
