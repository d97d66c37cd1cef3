import { join, resolve } from "node:path";
import { cacheDirFor, PROJECT_ROOT, prepareDataDir } from "./files";
import { type Log, Part } from "./part";
import { rememberedPort } from "./ports";
import { startPostgres } from "./postgres";
import { startRedis } from "./redis";
import { loadSecrets } from "./secrets";

export interface ServicesOptions {
  /** Where everything is kept; made where it does not exist. */
  readonly dataDir: string;
  /** Where an unpacked Redis is kept and looked for; by default `.data` of the project. */
  readonly cacheDir?: string;
  /** Takes the parts' output; nothing by default, their log files have it all. */
  readonly log?: Log;
  /** The data is thrown away afterwards: Postgres skips fsync, and REDIS_URL is left alone. */
  readonly throwAway?: boolean;
  /** Postgres waits for the disk at each commit; by default unless the data is thrown away. */
  readonly durable?: boolean;
  /** Parts that die are started again; by default not, because a test wants to see them dead. */
  readonly keepAlive?: boolean;
  /** Told of each part before it is started, so that a start can be broken off. */
  readonly onPart?: (part: Part) => void;
  /** Told when a step is done. */
  readonly onStep?: (name: string, detail: string, ms: number) => void;
}

export interface Services {
  /** What the product reads (src/lib/env.ts), except for AUTH_URL, which depends on where it is served. */
  readonly env: Record<string, string>;
  readonly redisUrl: string;
  readonly postgresAdminUrl: string;
  readonly parts: { readonly postgres: Part; readonly redis: Part | undefined; readonly bridge: Part };
  pids(): Record<string, number>;
  stop(): Promise<void>;
}

/** The arguments with which Node runs one of this project's TypeScript files, without any process in between. */
export const nodeArgs = (file: string): string[] => [join(PROJECT_ROOT, "src/cli/run.mjs"), join(PROJECT_ROOT, file)];

/** True once an HTTP server answers, whatever it says. */
export async function answersHttp(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: "manual" });
  await response.body?.cancel();
  return response.status < 500;
}

/**
 * Starts real Postgres and real Redis, side by side, and the Upstash-protocol bridge. What was started is stopped again
 * if a later one fails. Nothing is migrated.
 * @throws StackError with a sentence for the person at the keyboard
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const dataDir = resolve(options.dataDir);
  const log: Log = options.log ?? (() => {});
  const keepAlive = options.keepAlive ?? false;
  const onPart = options.onPart ?? (() => {});
  const throwAway = options.throwAway ?? false;
  prepareDataDir(dataDir);
  const secrets = loadSecrets(dataDir);

  const port = async (part: string): Promise<number> => {
    const { port, moved } = await rememberedPort(dataDir, part);
    if (moved) log(part, `its port ${moved} has been taken meanwhile: it is at ${port} now`);
    return port;
  };
  // One after the other: both choose from the same range.
  const postgresPort = await port("postgres");
  const redisPort = await port("redis");
  const bridgePort = await port("bridge");

  const timed = async <T>(name: string, work: Promise<T>, detail: (value: T) => string): Promise<T> => {
    const begun = performance.now();
    const value = await work;
    options.onStep?.(name, detail(value), performance.now() - begun);
    return value;
  };
  const [postgres, redis] = await Promise.allSettled([
    timed(
      "Postgres",
      startPostgres({
        dataDir,
        port: postgresPort,
        secrets,
        log,
        keepAlive,
        onPart,
        durable: options.durable ?? !throwAway,
      }),
      () => `127.0.0.1:${postgresPort}`,
    ),
    timed(
      "Redis",
      startRedis({
        dataDir,
        cacheDir: options.cacheDir ?? cacheDirFor(dataDir),
        port: redisPort,
        secrets,
        log,
        keepAlive,
        onPart,
        mayUseRedisUrl: !throwAway,
      }),
      (value) => (value.part ? `127.0.0.1:${redisPort}, ${value.origin}` : value.origin),
    ),
  ]);
  const stopBoth = async (): Promise<void> => {
    if (redis.status === "fulfilled") await redis.value.part?.stop();
    if (postgres.status === "fulfilled") await postgres.value.part.stop();
  };
  if (postgres.status === "rejected" || redis.status === "rejected") {
    await stopBoth();
    throw postgres.status === "rejected" ? postgres.reason : redis.status === "rejected" ? redis.reason : undefined;
  }

  const bridgeUrl = `http://127.0.0.1:${bridgePort}`;
  const bridge = new Part(
    dataDir,
    {
      name: "bridge",
      command: process.execPath,
      args: nodeArgs("dev/upstash/main.ts"),
      env: { BRIDGE_PORT: String(bridgePort), BRIDGE_TOKEN: secrets.bridgeToken, BRIDGE_REDIS_URL: redis.value.url },
      isReady: () => answersHttp(`${bridgeUrl}/health`),
    },
    log,
    keepAlive,
  );
  onPart(bridge);
  try {
    await timed("Bridge", bridge.start(), () => `${bridgeUrl} (Upstash protocol)`);
  } catch (error) {
    await stopBoth();
    throw error;
  }

  const parts = { postgres: postgres.value.part, redis: redis.value.part, bridge };
  return {
    env: {
      DATABASE_URL: postgres.value.appUrl,
      DATABASE_OWNER_URL: postgres.value.ownerUrl,
      UPSTASH_REDIS_REST_URL: bridgeUrl,
      UPSTASH_REDIS_REST_TOKEN: secrets.bridgeToken,
      METER_REDIS_URL: redis.value.url,
      AUTH_SECRET: secrets.authSecret,
      API_KEY_PEPPER: secrets.apiKeyPepper,
      INTERNAL_SECRET: secrets.internalSecret,
    },
    redisUrl: redis.value.url,
    postgresAdminUrl: postgres.value.adminUrl,
    parts,
    pids: () =>
      Object.fromEntries(
        Object.values(parts).flatMap((part) => (part?.pid === undefined ? [] : [[part.name, part.pid] as const])),
      ),
    stop: async () => {
      await parts.bridge.stop();
      await parts.redis?.stop();
      await parts.postgres.stop();
    },
  };
}
