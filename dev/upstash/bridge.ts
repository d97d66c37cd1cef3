import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { doubtOf, type Outcome, STORE_UNAVAILABLE, TcpConnection } from "@/lib/redis-tcp";
import { present, refusal } from "./commands";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface BridgeOptions {
  readonly redisUrl: string;
  readonly token: string;
  /** Told when the connection to Redis comes and goes. */
  readonly log: (line: string) => void;
}

export interface Bridge {
  /** Listens on 127.0.0.1. @returns the port */
  listen(port: number, host?: string): Promise<number>;
  close(): Promise<void>;
  /** Resolves once Redis answers. */
  connected(): Promise<void>;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * Upstash's REST protocol over a Redis of one's own: `POST /` takes one command, `/pipeline` and `/multi-exec` take
 * several. One connection carries everything; commands of one request are written in one go and keep their order.
 *
 * If Redis is away before a command was written, the answer is 503 and nothing was run. If the connection breaks while
 * a command is under way, nobody knows what became of it, and the caller's connection is dropped to say so.
 */
export function createBridge(options: BridgeOptions): Bridge {
  let been = false;
  const redis = new TcpConnection({
    url: options.redisUrl,
    // Bytes, because callers may ask for them in base64.
    replies: "bytes",
    onChange: (state) => {
      if (state === "down") return options.log("lost Redis; answering 503 until it is back");
      options.log(been ? "reconnected to Redis" : "connected to Redis");
      been = true;
    },
  });
  const expected = digest(`Bearer ${options.token}`);

  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/health") {
      return answer(response, 200, { redis: redis.ready });
    }
    // Digests are equally long and compared in constant time, whatever was sent.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) {
      request.resume();
      return answer(response, 401, { error: "WRONGPASS invalid or missing auth token" });
    }
    if (request.method !== "POST") {
      request.resume();
      return answer(response, 405, { error: "ERR only POST is offered" });
    }
    readBody(request, response, (text) => {
      void serve(text, request, response).catch(() => response.destroy());
    });
  });
  // Longer than a client keeps an idle connection, so that it is never us who close it under a request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;

  async function serve(text: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const base64 = request.headers["upstash-encoding"] === "base64";
    const body = parse(text);
    const path = (request.url ?? "/").split("?")[0]?.replace(/\/+$/, "") ?? "";
    if (path === "") {
      const command = asCommand(body);
      if (!command)
        return answer(response, 400, { error: "ERR the body must be a JSON array: a command and its arguments" });
      const problem = refusal(command);
      if (problem) return answer(response, 400, { error: problem });
      const outcome = await redis.send(command);
      if (dropped([outcome], response)) return;
      const item = itemOf(outcome, base64);
      return answer(response, "error" in item ? 400 : 200, item);
    }
    if (path !== "/pipeline" && path !== "/multi-exec") return answer(response, 404, { error: "ERR no such endpoint" });
    const commands = Array.isArray(body) ? body.map(asCommand) : [];
    if (commands.length === 0 || commands.some((command) => !command)) {
      return answer(response, 400, { error: "ERR the body must be a JSON array of commands, each an array" });
    }
    const list = commands.filter((command) => command !== undefined);
    return path === "/pipeline" ? pipeline(list, base64, response) : transaction(list, base64, response);
  }

  async function pipeline(commands: string[][], base64: boolean, response: ServerResponse): Promise<void> {
    const problems = commands.map(refusal);
    const sent = await redis.sendAll(commands.filter((_, i) => problems[i] === undefined));
    const left = sent.values();
    const outcomes = problems.map(
      (message): Outcome =>
        message === undefined ? (left.next().value ?? { kind: "lost" }) : { kind: "refused", message },
    );
    if (dropped(outcomes, response)) return;
    answer(
      response,
      200,
      outcomes.map((outcome) => itemOf(outcome, base64)),
    );
  }

  async function transaction(commands: string[][], base64: boolean, response: ServerResponse): Promise<void> {
    const problem = commands.map(refusal).find((reason) => reason !== undefined);
    if (problem) return answer(response, 400, { error: `EXECABORT Transaction discarded because of: ${problem}` });
    const result = await redis.transaction(commands);
    if (result.kind === "refused") return answer(response, 400, { error: result.message });
    if (result.kind !== "reply") return void dropped([result], response);
    const items = result.items.map((value) =>
      value instanceof Error ? { error: value.message } : { result: present(value, base64) },
    );
    answer(response, 200, items);
  }

  return {
    listen: (port, host) => listen(server, port, host),
    close: async () => {
      server.close();
      server.closeAllConnections();
      redis.close();
    },
    connected: () => redis.connected(),
  };
}

/** Deals with a store that was away or went away. @returns true where the caller has had its answer, or its silence */
function dropped(outcomes: readonly Outcome[], response: ServerResponse): boolean {
  const doubt = doubtOf(outcomes);
  if (doubt?.kind === "lost") response.destroy();
  else if (doubt) answer(response, 503, { error: STORE_UNAVAILABLE });
  return doubt !== undefined;
}

const itemOf = (outcome: Outcome, base64: boolean): { result: unknown } | { error: string } =>
  outcome.kind === "reply"
    ? { result: present(outcome.value, base64) }
    : { error: outcome.kind === "refused" ? outcome.message : "ERR" };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON array of scalars as the words of a command. */
function asCommand(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words: string[] = [];
  for (const word of value as readonly unknown[]) {
    if (typeof word === "string") words.push(word);
    else if (typeof word === "number" || typeof word === "boolean") words.push(String(word));
    else if (typeof word === "object" && word !== null) words.push(JSON.stringify(word));
    else return undefined;
  }
  return words;
}

function readBody(request: IncomingMessage, response: ServerResponse, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (!response.headersSent) {
      response.setHeader("connection", "close");
      answer(response, 413, { error: "ERR max request size exceeded" });
      chunks.length = 0;
    }
  });
  request.on("end", () => {
    if (size <= MAX_BODY_BYTES) done((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString("utf8") ?? "");
  });
  request.on("error", () => response.destroy());
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function listen(server: Server, port: number, host = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
