import { readFileSync, writeFileSync } from "node:fs";
import type { VitestPluginContext } from "vitest/node";

interface MutantPlugin {
  readonly name: string;
  readonly enforce: "pre";
  load(id: string): string | undefined;
  configureVitest(context: Pick<VitestPluginContext, "defineCacheKeyGenerator">): void;
}

/**
 * Has the tests see another text where they load one module; the working tree stays as it is.
 * @param file the module, absolute
 * @param textFile what it is to be
 * @param loadedFile made when that was loaded, so that a mutant nobody saw is not taken for one that survived
 */
export const mutantPlugin = (file: string, textFile: string, loadedFile: string): MutantPlugin => ({
  name: "mutant",
  enforce: "pre",
  load(id) {
    if (id.split("?")[0] !== file) return undefined;
    writeFileSync(loadedFile, "");
    return readFileSync(textFile, "utf8");
  },
  configureVitest({ defineCacheKeyGenerator }) {
    // What was made of a module is kept by what stands in its file: a mutant would be taken for the one before it.
    defineCacheKeyGenerator(({ id }) => (id.split("?")[0] === file ? false : undefined));
  },
});
