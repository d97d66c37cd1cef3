import type { TestProject } from "vitest/node";
import { TEST_ENV } from "./stack/test-env";
import { startThrowAway } from "./stack/throw-away";
import { OfficialTypes } from "./stripe/official/witness";
import { StandIn } from "./stripe/server";

declare module "vitest" {
  export interface ProvidedContext {
    /** The environment of each worker's own stores, by the worker's number less one. */
    readonly stacks: readonly Readonly<Record<string, string | undefined>>[];
  }
}

const STRIPE_KEYS = {
  STRIPE_SECRET_KEY: "sk_test_vitest",
  STRIPE_WEBHOOK_SECRET: "whsec_vitest",
};

/**
 * Vitest's global set-up for tests on real stores: for each worker a Postgres and a Redis of its own, in a folder that is
 * thrown away, migrated. dev/vitest-worker.ts tells a worker which are its.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stacks: Awaited<ReturnType<typeof startThrowAway>>[] = [];
  const standIns: StandIn[] = [];
  const stripeUrls: string[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...stacks.map((services) => services.stop()), ...standIns.map((stripe) => stripe.close())]);
  };
  try {
    const witness = new OfficialTypes();
    const { migrateDatabase } = await import("../src/db/migrate");
    // One after the other: each looks for free ports, and sweeps what a killed run has left.
    for (let worker = 1; worker <= project.config.maxWorkers; worker++) {
      const services = await startThrowAway(`vitest-${worker}`);
      stacks.push(services);
      // In this process and in memory, holding what it is asked and says against the SDK's types. POST /_control/reset empties
      // it.
      const stripe = new StandIn({ secretKey: STRIPE_KEYS.STRIPE_SECRET_KEY, witness });
      standIns.push(stripe);
      stripeUrls.push(await stripe.listen());
      await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    }
    project.provide(
      "stacks",
      stacks.map((services, i) => ({
        ...services.env,
        ...STRIPE_KEYS,
        STRIPE_API_URL: stripeUrls[i],
        ...TEST_ENV,
        STACK_REDIS_URL: services.redisUrl,
        STACK_POSTGRES_ADMIN_URL: services.postgresAdminUrl,
      })),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
