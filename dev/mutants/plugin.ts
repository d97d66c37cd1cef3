import { readFileSync, writeFileSync } from "node:fs";

interface LoadPlugin {
  readonly name: string;
  readonly enforce: "pre";
  load(id: string): string | undefined;
}

/**
 * Has the tests see another text where they load one module; the working tree stays as it is.
 * @param file the module, absolute
 * @param textFile what it is to be
 * @param loadedFile made when that was loaded, so that a mutant nobody saw is not taken for one that survived
 */
export const mutantPlugin = (file: string, textFile: string, loadedFile: string): LoadPlugin => ({
  name: "mutant",
  enforce: "pre",
  load(id) {
    if (id.split("?")[0] !== file) return undefined;
    writeFileSync(loadedFile, "");
    return readFileSync(textFile, "utf8");
  },
});
