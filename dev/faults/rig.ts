import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { createRedis, type Redis, redis } from "@/lib/redis";
import { childrenOf, signal } from "../stack/processes";
import { type Services, startThrowAway, throwAwayDir } from "../stack/throw-away";
import { type Cut, cutTail } from "./append-only-file";
import { patiently } from "./patience";

export type PartName = "postgres" | "redis" | "bridge";
/** How Redis keeps its append-only file: flushed at every write, every second, or no file at all. */
export type Durability = "always" | "everysec" | "none";

const PURPOSE = "faults";

/** A stack of one's own to break: Postgres, Redis and the bridge as real processes, migrated, and thrown away. */
export class Rig {
  private constructor(
    private readonly services: Services,
    private readonly folder: string,
    private readonly before: NodeJS.ProcessEnv,
  ) {}

  /** Starts it, and has this process's environment name it. One at a time in a process. */
  static async start(): Promise<Rig> {
    const before = { ...process.env };
    const services = await startThrowAway(PURPOSE);
    Object.assign(process.env, services.env, { AUTH_URL: "http://localhost:3000", LOG_LEVEL: "silent" });
    const rig = new Rig(services, throwAwayDir(PURPOSE), before);
    try {
      await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  async stop(): Promise<void> {
    for (const part of ["postgres", "redis"] as const) this.signal(part, "SIGCONT");
    await closeDb();
    await this.services.stop();
    for (const name of Object.keys(process.env)) if (!(name in this.before)) delete process.env[name];
    Object.assign(process.env, this.before);
  }

  /** What a process of the product needs in its environment to work on this stack. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env };
  }

  get redisUrl(): string {
    return this.services.redisUrl;
  }

  get bridgeUrl(): string {
    return this.services.env.UPSTASH_REDIS_REST_URL ?? "";
  }

  get bridgeToken(): string {
    return this.services.env.UPSTASH_REDIS_REST_TOKEN ?? "";
  }

  /** A client with a budget of its own, through another address than the bridge's where one is given. */
  client(options: { budgetMs: number; url?: string }): Redis {
    return createRedis({ url: options.url ?? this.bridgeUrl, token: this.bridgeToken, budgetMs: options.budgetMs });
  }

  /** Sends a signal to a part and to whatever processes it has started (Postgres's are in sessions of their own). */
  signal(part: PartName, name: NodeJS.Signals): void {
    const pid = this.services.parts[part]?.pid;
    if (pid === undefined) return;
    for (const child of childrenOf(pid)) signal(child, name);
    signal(pid, name);
  }

  /** Ends a part as a power cut ends it, and returns when it is gone. */
  async kill(part: PartName): Promise<void> {
    const { pid } = this.services.parts[part] ?? {};
    if (pid === undefined) throw new Error(`${part} does not run`);
    process.kill(pid, "SIGKILL");
    await this.services.parts[part]?.stop();
  }

  /** Starts a part again and waits until it answers through everything that stands in front of it. */
  async revive(part: PartName): Promise<void> {
    // The sessions of a postmaster that was killed take a moment to notice; until then a new one refuses to start.
    await patiently(async () => this.services.parts[part]?.start());
    if (part !== "postgres") await this.untilRedisAnswers();
  }

  async untilRedisAnswers(): Promise<void> {
    await patiently(async () => {
      if ((await redis().ping()) !== "PONG") throw new Error("Redis does not answer");
    });
  }

  /**
   * Kills Redis, does to its file what a machine that lost its page cache does, and starts it again.
   * @returns how many bytes were cut off
   */
  async crashRedis(cut?: Cut): Promise<number> {
    await this.kill("redis");
    const lost = cut ? cutTail(join(this.folder, "redis", "appendonlydir"), cut) : 0;
    await this.revive("redis");
    return lost;
  }

  /** Has Redis keep its run id to itself, as some hosts do, or tell it again. Acts from the next start on. */
  hideRunId(hidden: boolean): void {
    const file = join(this.folder, "redis", "redis.conf");
    const without = readFileSync(file, "utf8").replace(/^user default .*\n/m, "");
    const rule = `user default on >${new URL(this.redisUrl).password} ~* &* +@all -info\n`;
    writeFileSync(file, hidden ? without + rule : without, { mode: 0o600 });
  }

  /** Sets how Redis keeps its file. Acts from the next start on. */
  keepRedis(durability: Durability): void {
    const file = join(this.folder, "redis", "redis.conf");
    const text = readFileSync(file, "utf8")
      .replace(/^appendonly .*$/m, `appendonly ${durability === "none" ? "no" : "yes"}`)
      .replace(/^appendfsync .*$/m, `appendfsync ${durability === "none" ? "no" : durability}`);
    writeFileSync(file, text, { mode: 0o600 });
  }
}
