import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const stores = ["**/*.db.test.ts", "**/*.redis.test.ts", "**/*.stack.test.ts"];
const outside = ["**/node_modules/**", "**/.next*/**", "**/.data/**", "e2e/**"];

/** Small files that take minutes: begun last, they would keep one worker busy while the other has nothing left to do. */
const LONG = ["dev/faults/faults.stack.test.ts", "src/features/metering/model.redis.test.ts"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((file) => moduleId.endsWith(file));
    return (await super.sort(files)).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

/**
 * `pure` tests touch nothing outside the process. `stores` run on a real Postgres and a real Redis behind the
 * Upstash-protocol bridge: two of each, migrated, and thrown away, so that two files can run at a time. A worker's are in
 * its process.env under the names the product reads, and in STACK_REDIS_URL and STACK_POSTGRES_ADMIN_URL. A `*.stack.test.ts` starts
 * a stack of its own, because it kills parts of it.
 */
export default defineConfig({
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: ["**/*.test.ts", "**/*.test.tsx"],
          exclude: [...outside, ...stores],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "stores",
          include: stores,
          exclude: outside,
          globalSetup: ["dev/vitest-setup.ts"],
          setupFiles: ["dev/vitest-worker.ts"],
          // It imports Next by names that only a bundler resolves.
          server: { deps: { inline: ["next-auth"] } },
          // As many files at a time as there are stacks: some tests look at all of a database.
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
