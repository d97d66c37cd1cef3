import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";

/**
 * What may happen to one HTTP call between the meter and its store.
 * - `request lost`: it never arrives, and the line breaks.
 * - `request late`: the line breaks at once, and the request arrives all the same, a while later.
 * - `request doubled`: it arrives twice, one after the other, and the second reply is given.
 * - `reply lost`, `reply cut`: it was served, and the line breaks before, or in the middle of, the reply.
 * - `reply late`: it was served, and the reply waits.
 * - `reply doubled`: the same bytes come twice.
 * - `gateway error`: it was served, and something in between answers 502 in its own words.
 */
export type CallFault =
  | "none"
  | "request lost"
  | "request late"
  | "request doubled"
  | "reply lost"
  | "reply cut"
  | "reply late"
  | "reply doubled"
  | "gateway error";

export interface FaultyCall {
  readonly fault: CallFault;
  /** For what is late, milliseconds. */
  readonly lateMs: number;
}

export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

const collect = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

function forward(target: string, from: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { authorization, "upstash-encoding": encoding } = from.headers;
    const call = request(new URL(from.url ?? "/", target), {
      method: from.method,
      agent: false,
      headers: {
        "content-type": "application/json",
        "content-length": body.length,
        ...(authorization ? { authorization } : {}),
        ...(encoding ? { "upstash-encoding": encoding } : {}),
      },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      collect(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 502,
            type: response.headers["content-type"] ?? "application/json",
            body: text,
          }),
        reject,
      );
    });
    call.end(body);
  });
}

const bytesOf = (reply: Reply): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${reply.status} Said\r\ncontent-type: ${reply.type}\r\ncontent-length: ${reply.body.length}\r\n\r\n`,
    ),
    reply.body,
  ]);

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A proxy in front of the bridge that treats each call as it is told.
 * @param next asked once a call, in the order in which they come
 */
export async function startHttpProxy(target: string, next: () => FaultyCall): Promise<Proxy> {
  const late = new Set<Promise<unknown>>();

  async function serve(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { fault, lateMs } = next();
    const body = await collect(from);
    const break_ = () => from.socket.destroy();
    if (fault === "request lost") return void break_();
    if (fault === "request late") {
      break_();
      const arrival = later(lateMs).then(() => forward(target, from, body).catch(() => {}));
      late.add(arrival);
      await arrival.finally(() => late.delete(arrival));
      return;
    }
    let reply = await forward(target, from, body);
    if (fault === "request doubled") reply = await forward(target, from, body);
    const bytes = bytesOf(reply);
    if (fault === "reply lost") return void break_();
    if (fault === "reply cut") return void from.socket.end(bytes.subarray(0, bytes.length - 7));
    if (fault === "reply doubled") return void from.socket.write(Buffer.concat([bytes, bytes]));
    if (fault === "reply late") await later(lateMs);
    if (fault === "gateway error") {
      to.writeHead(502, { "content-type": "text/html" });
      to.end("<html><body>502 Bad Gateway</body></html>");
      return;
    }
    to.writeHead(reply.status, { "content-type": reply.type, "content-length": reply.body.length });
    to.end(reply.body);
  }

  const server = createHttpServer((from, to) => {
    serve(from, to).catch(() => from.socket.destroy());
  });
  server.keepAliveTimeout = 75_000;
  const port = await listen(server);
  return {
    port,
    close: async () => {
      await Promise.all(late);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A line between the bridge and Redis that can be made slow, or lose what comes back. */
export interface TcpProxy extends Proxy {
  /** What each piece of data waits on its way to Redis, and on its way back, milliseconds. */
  delay: { there: number; back: number };
  /** How many pieces came back from Redis and were thrown away. */
  readonly swallowed: number;
  /** From the next reply on, throws away whatever comes back on the lines that are open, and breaks them a moment later. */
  swallow(): void;
}

export async function startTcpProxy(target: URL): Promise<TcpProxy> {
  const lines = new Set<{ near: Socket; far: Socket; swallows: boolean }>();
  const delay = { there: 0, back: 0 };
  let swallowed = 0;
  /** Hands data on in order, each piece after the delay of its moment. */
  const pipe = (from: Socket, to: Socket, way: "there" | "back", taken: () => boolean) => {
    let before: Promise<void> = Promise.resolve();
    from.on("data", (data) => {
      if (taken()) return;
      const wait = delay[way] > 0 ? later(delay[way]) : null;
      before = before.then(async () => {
        if (wait) await wait;
        if (!to.destroyed) to.write(data);
      });
    });
    from.on("close", () => void before.then(() => to.destroy()));
    from.on("error", () => {});
  };
  const server = createTcpServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const line = { near, far, swallows: false };
    lines.add(line);
    near.once("close", () => lines.delete(line));
    pipe(near, far, "there", () => false);
    pipe(far, near, "back", () => {
      if (!line.swallows) return false;
      swallowed++;
      setTimeout(() => near.destroy(), 5);
      return true;
    });
  });
  const port = await listen(server);
  return {
    port,
    delay,
    get swallowed() {
      return swallowed;
    },
    swallow: () => {
      for (const line of lines) line.swallows = true;
    },
    close: async () => {
      for (const { near, far } of lines) {
        near.destroy();
        far.destroy();
      }
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
