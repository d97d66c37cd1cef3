import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { messageOf, StackError } from "./errors";
import { type Log, Part } from "./part";
import { findRedis } from "./redis-binary";
import type { Secrets } from "./secrets";

export interface LocalRedis {
  /** Absent where the Redis is somebody else's (REDIS_URL). */
  readonly part: Part | undefined;
  readonly url: string;
  readonly origin: string;
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    // The ping below says it: a server that is still loading refuses it. INFO may be hidden.
    enableReadyCheck: false,
  });
  // The promise below says it too.
  client.on("error", () => {});
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/**
 * Brings up Redis: the one REDIS_URL names, else a server of this machine, with an append-only file flushed every
 * second and eviction off, because a counter that vanishes is money.
 * @throws StackError with what to type where there is none
 */
export async function startRedis(options: {
  dataDir: string;
  cacheDir: string;
  port: number;
  secrets: Secrets;
  log: Log;
  keepAlive: boolean;
  onPart: (part: Part) => void;
  /** False where the data is thrown away: then REDIS_URL, somebody's own Redis, is never touched. */
  mayUseRedisUrl: boolean;
}): Promise<LocalRedis> {
  const { dataDir, cacheDir, port, secrets, log, keepAlive, onPart } = options;
  const given = options.mayUseRedisUrl ? process.env.REDIS_URL : undefined;
  if (given) {
    try {
      await ping(given);
    } catch (error) {
      throw new StackError(`The Redis that REDIS_URL names does not answer: ${messageOf(error)}`);
    }
    return { part: undefined, url: given, origin: "REDIS_URL" };
  }
  const binary = await findRedis(cacheDir, (line) => log("redis", line));
  const folder = join(dataDir, "redis");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = join(folder, "redis.conf");
  // A file, because arguments can be read by everyone on the machine.
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    "protected-mode yes",
    `requirepass ${secrets.redis}`,
    "daemonize no",
    `dir ${JSON.stringify(folder)}`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction",
    "loglevel notice",
    'logfile ""',
  ];
  writeFileSync(config, `${lines.join("\n")}\n`, { mode: 0o600 });
  const url = `redis://:${secrets.redis}@127.0.0.1:${port}`;
  const part = new Part(
    dataDir,
    {
      name: "redis",
      command: binary.command,
      args: [config],
      env: binary.env,
      graceMs: 10_000,
      readyWithinMs: 60_000,
      isReady: () => ping(url).then(() => true),
      // "#" marks warnings; the one about memory overcommit is for servers.
      isQuiet: (line) =>
        !/ # /.test(line) ||
        /overcommit|oO0OoO0OoO0Oo|Redis version=|Server initialized|Configuration loaded|User requested|ready to exit/.test(
          line,
        ),
    },
    log,
    keepAlive,
  );
  onPart(part);
  await part.start();
  return { part, url, origin: binary.origin };
}
