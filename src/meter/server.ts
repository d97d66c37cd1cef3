import { hash } from "node:crypto";
import { createServer } from "node:http";
import { closeDb } from "@/db/client";
import { sha256With } from "@/lib/digest";
import { logger } from "@/lib/logger";
import { problem } from "@/lib/problem";
import { shareRedis } from "@/lib/redis";
import { redisOver, TcpConnection } from "@/lib/redis-tcp";
import { serve } from "./http";
import { finder, routesOf } from "./routes";
import { wire } from "./wire";

export interface MeterOptions {
  readonly redisUrl: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly host: string;
  /** How long one command may wait for Redis, ms. */
  readonly budgetMs: number;
  /** Whether what is written is drained here. */
  readonly drain: boolean;
}

export interface Meter {
  readonly url: string;
  /** Takes no more requests, answers those under way, drains what they wrote, and lets go of the stores. */
  readonly stop: () => Promise<void>;
}

/** How long requests under way, and then the drain, may take when the meter stops, ms. */
const GRACE_MS = 10_000;

const within = (ms: number, work: Promise<unknown>): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([work.catch(() => {}), late]).finally(() => clearTimeout(timer));
};

/**
 * The metering API on plain node:http over one TCP connection to Redis: the same verbs as under Next, without Next. The
 * whole process speaks to Redis over that connection.
 * @throws Error where the port is taken
 */
export async function startMeter(options: MeterOptions): Promise<Meter> {
  const connection = new TcpConnection({
    url: options.redisUrl,
    replies: "text",
    budgetMs: options.budgetMs,
    onChange: (state) => logger[state === "up" ? "info" : "warn"](`Redis is ${state === "up" ? "there" : "away"}`),
  });
  const redis = redisOver(connection);
  shareRedis(redis);
  sha256With((text) => hash("sha256", text, "base64url"));
  const { deps, drained } = wire(redis, options);
  const find = finder(routesOf(deps));
  let stopping = false;

  const server = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? "/").split("?", 1)[0] ?? "/";
    if (stopping) outgoing.setHeader("Connection", "close");
    serve(find(incoming.method ?? "GET", path), incoming, outgoing).catch((error: unknown) => {
      // A caller who breaks off is no fault of ours; anything else is, and is answered without its text.
      if (incoming.errored || outgoing.destroyed) return outgoing.destroy();
      logger.error({ err: error, path }, "a request failed");
      if (outgoing.headersSent) return outgoing.destroy();
      const answer = problem("internal_error", "Something went wrong on our side.", { requestId: crypto.randomUUID() });
      outgoing.writeHead(500, Object.fromEntries(answer.headers));
      void answer.text().then((text) => outgoing.end(text));
    });
  });
  // Longer than a proxy keeps an idle connection, so that it is never us who close it under a request.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;

  return {
    url: `http://${host}:${port}`,
    stop: async () => {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await within(GRACE_MS, closed);
      server.closeAllConnections();
      await within(GRACE_MS, drained());
      connection.close();
      await closeDb();
    },
  };
}
