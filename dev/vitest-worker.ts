import { inject } from "vitest";

// Runs in each worker before a test's file: the stores of this worker, under the names the product reads.
const own = inject("stacks")[Number(process.env.VITEST_POOL_ID) - 1];
if (!own)
  throw new Error(
    `There is no stack for worker ${process.env.VITEST_POOL_ID}: dev/vitest-setup.ts starts one for each.`,
  );
Object.assign(process.env, own);
