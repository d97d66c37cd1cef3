import { closeDb } from "@/db/client";
import { CONSUME_CONTRACT } from "@/test/consume-contract";
import { test } from "./journey";
import { stackEnv } from "./stack";

/** The contract's consume table on Next; src/meter/server.stack.test.ts holds the meter to the same one. */
test.beforeAll(() => {
  Object.assign(process.env, stackEnv());
});
test.afterAll(closeDb);

for (const { name, run } of CONSUME_CONTRACT) {
  test(name, async ({ baseURL }) => run(baseURL ?? ""));
}
