import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Incoming } from "@/features/metering/http/rules";
import type { Answer } from "@/lib/problem";
import type { Verb } from "./routes";

/** The most a verb on Web requests is given of a body; it refuses what is longer than 64 KiB, and can tell by one byte. */
const MOST_WEB_BODY_BYTES = 64 * 1024 + 1;

/** Where a proxy of one's own stands: this machine and private networks. */
const OWN_NETWORKS = new BlockList();
for (const [net, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
] as const)
  OWN_NETWORKS.addSubnet(net, bits, "ipv4");
OWN_NETWORKS.addAddress("::1", "ipv6");
OWN_NETWORKS.addSubnet("fc00::", 7, "ipv6");
OWN_NETWORKS.addSubnet("fe80::", 10, "ipv6");

const isOwnNetwork = (address: string): boolean =>
  address !== "" && OWN_NETWORKS.check(address, address.includes(":") ? "ipv6" : "ipv4");
const plainAddress = (address: string | undefined): string => (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");

/** Who is at the other end of a connection. */
export interface Peer {
  readonly address: string;
  /** Whether it is in one's own network: a proxy of one's own. */
  readonly own: boolean;
}

/** The peer at an address, as a socket tells it. */
export function peerAt(address: string | undefined): Peer {
  const plain = plainAddress(address);
  return { address: plain, own: isOwnNetwork(plain) };
}

/**
 * `X-Forwarded-For` as it may be believed. It is a proxy's word where the connection comes from one's own network; from
 * anywhere else it is the caller's own word, and the connection's address counts.
 */
export const forwardedFor = (given: string | undefined, peer: Peer): string =>
  given !== undefined && peer.own ? given : peer.address;

/** Each connection's peer; asked once, because the answer costs more than the rest. */
const peers = new WeakMap<Socket, Peer>();

function peerOf(socket: Socket): Peer {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = peerAt(socket.remoteAddress);
    peers.set(socket, peer);
  }
  return peer;
}

/** What a header says, several of one name joined as the standard has it. */
const headerOf = (incoming: IncomingMessage, name: string): string | null => {
  const value = incoming.headers[name];
  if (name === "x-forwarded-for") {
    return forwardedFor(Array.isArray(value) ? value.join(", ") : value, peerOf(incoming.socket));
  }
  return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
};

/** A body's bytes, up to `most`: more is undefined, and what is left is not read. @throws Error where the caller breaks off */
function bytesOf(incoming: IncomingMessage, most: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let only: Buffer | undefined;
    let several: Buffer[] | undefined;
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        incoming.pause();
        return resolve(undefined);
      }
      if (only === undefined) only = chunk;
      else if (several) several.push(chunk);
      else several = [only, chunk];
    });
    incoming.on("end", () => resolve(several ? Buffer.concat(several) : (only ?? Buffer.alloc(0))));
    incoming.on("error", reject);
    incoming.on("close", () => {
      if (!incoming.complete) reject(new Error("The caller broke off"));
    });
  });
}

/** A request of node:http as the metering handlers read it. */
export const incomingOf = (incoming: IncomingMessage): Incoming => ({
  header: (name) => headerOf(incoming, name),
  body: async (most) => {
    if (Number(incoming.headers["content-length"] ?? 0) > most) return "too_large";
    try {
      const bytes = await bytesOf(incoming, most);
      if (bytes === undefined) return "too_large";
      if (!isUtf8(bytes)) return "broken";
      const text = bytes.toString("utf8");
      // As the Web's decoder does: a byte order mark is no part of the text.
      return { text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text };
    } catch {
      return "broken";
    }
  },
});

async function webRequestOf(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers();
  for (const name of Object.keys(incoming.headers)) headers.set(name, headerOf(incoming, name) ?? "");
  headers.set("x-forwarded-for", headerOf(incoming, "x-forwarded-for") ?? "");
  // No Web request can be made of TRACE. There is no verb for it either, and what refuses it reads the headers alone.
  const method = incoming.method === "TRACE" ? "GET" : (incoming.method ?? "GET");
  // Not resolved against an origin: a path that begins with two slashes would name a host, or nothing that can be read.
  const address = incoming.url?.startsWith("/") ? incoming.url : "/";
  const withBody = method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
  let body: Buffer | undefined;
  if (withBody) body = (await bytesOf(incoming, MOST_WEB_BODY_BYTES)) ?? Buffer.alloc(MOST_WEB_BODY_BYTES);
  return new Request(`http://meter${address}`, {
    method,
    headers,
    ...(body && body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
}

/** What was not read would stand at the beginning of the next request on the connection, so that one is closed. */
const closing = (incoming: IncomingMessage): Record<string, string> =>
  incoming.complete ? {} : { Connection: "close" };

function sendPlain({ status, headers, body }: Answer, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (body === null) {
    outgoing.writeHead(status, { ...headers, ...closing(incoming) });
    outgoing.end();
    return;
  }
  outgoing.writeHead(status, { ...headers, ...closing(incoming), "Content-Length": Buffer.byteLength(body) });
  outgoing.end(body);
}

async function sendWeb(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = { ...Object.fromEntries(response.headers), ...closing(incoming) };
  // Whole answers go out in one piece, with their length; only an export is sent as it is read.
  if (response.body === null || /json/.test(response.headers.get("content-type") ?? "")) {
    sendPlain({ status: response.status, headers, body: response.body && (await response.text()) }, incoming, outgoing);
    return;
  }
  outgoing.writeHead(response.status, headers);
  if (incoming.method === "HEAD") outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), outgoing);
}

/** Has a verb answer a request of node:http. @throws Error where the caller broke off, or what the verb throws */
export async function serve(
  { verb, id }: { readonly verb: Verb; readonly id: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if ("plain" in verb) sendPlain(await verb.plain(incomingOf(incoming), id), incoming, outgoing);
  else await sendWeb(await verb.web(await webRequestOf(incoming), id), incoming, outgoing);
}
