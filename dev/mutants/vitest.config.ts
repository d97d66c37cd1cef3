import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { PLAN_VARIABLE, type Plan } from "./plan";
import { mutantPlugin } from "./plugin";

/**
 * The tests of one mutant, in the order in which they are likeliest to notice it, on stores that are there already: the
 * command names their addresses in the environment.
 */
const plan: Plan = JSON.parse(readFileSync(process.env[PLAN_VARIABLE] ?? "", "utf8"));
const root = resolve(import.meta.dirname, "../..");

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => plan.tests.findIndex((test) => moduleId.endsWith(`/${test}`));
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  root,
  plugins: plan.mutant ? [mutantPlugin(resolve(root, plan.mutant.file), plan.mutant.textFile, plan.loadedFile)] : [],
  resolve: { alias: { "@": resolve(root, "src") } },
  test: {
    include: [...plan.tests],
    fileParallelism: false,
    isolate: false,
    fsModuleCachePath: resolve(root, ".data/mutants/modules"),
    sequence: { sequencer: InOrder },
    bail: plan.mutant ? 1 : 0,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    ...(plan.only === undefined ? {} : { testNamePattern: plan.only }),
    reporters: ["json"],
    outputFile: plan.resultFile,
  },
});
