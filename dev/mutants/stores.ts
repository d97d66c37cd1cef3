import { Redis } from "ioredis";
import postgres from "postgres";
import { migrateDatabase } from "../../src/db/migrate";
import { TEST_ENV } from "../stack/test-env";
import { type Services, startThrowAway } from "../stack/throw-away";

const PRISTINE = "pristine";

/**
 * Real stores for one mutant after the other: started once, and made new before each by copying a migrated database and
 * emptying Redis, so that what one mutant has left is no other's fault.
 */
export class Stores {
  private constructor(
    private services: Services,
    private readonly purpose: string,
  ) {}

  /** Starts them, in a folder of that name. `stop` ends them. */
  static async start(purpose: string): Promise<Stores> {
    const stores = new Stores(await startThrowAway(purpose), purpose);
    await stores.prepare();
    return stores;
  }

  /** What the tests read their addresses from. */
  get env(): Record<string, string> {
    return {
      ...this.services.env,
      ...TEST_ENV,
      STACK_REDIS_URL: this.services.redisUrl,
      STACK_POSTGRES_ADMIN_URL: this.services.postgresAdminUrl,
    };
  }

  stop(): Promise<void> {
    return this.services.stop();
  }

  /** Makes them as new. Where a mutant has left them so that they do not answer, they are started anew. */
  async reset(): Promise<void> {
    try {
      await this.empty();
    } catch {
      await this.services.stop();
      this.services = await startThrowAway(this.purpose);
      await this.prepare();
      await this.empty();
    }
  }

  private get database(): string {
    return new URL(this.services.env.DATABASE_URL ?? "").pathname.slice(1);
  }

  private async prepare(): Promise<void> {
    await migrateDatabase(this.services.env.DATABASE_OWNER_URL ?? "");
    await this.asAdmin((sql) => sql.unsafe(`create database ${PRISTINE} template ${this.database}`));
  }

  private async empty(): Promise<void> {
    const app = new URL(this.services.env.DATABASE_URL ?? "").username;
    const owner = new URL(this.services.env.DATABASE_OWNER_URL ?? "").username;
    await this.asAdmin(async (sql) => {
      await sql.unsafe(`drop database ${this.database} with (force)`);
      await sql.unsafe(`create database ${this.database} template ${PRISTINE} owner ${owner}`);
      await sql.unsafe(`revoke all on database ${this.database} from public`);
      await sql.unsafe(`grant connect on database ${this.database} to ${app}`);
    });
    const redis = new Redis(this.services.redisUrl, {
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      commandTimeout: 5_000,
      disableClientInfo: true,
    });
    redis.on("error", () => {});
    try {
      await redis.connect();
      await redis.flushall();
      await redis.script("FLUSH");
    } finally {
      redis.disconnect();
    }
  }

  private async asAdmin(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
    const sql = postgres(this.services.postgresAdminUrl, { max: 1, onnotice: () => {} });
    try {
      await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }
}
