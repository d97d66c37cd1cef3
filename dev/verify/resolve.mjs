// How dependency-cruiser resolves `@/…`: it cannot read a TypeScript 7 tsconfig, but it reads webpack's form.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The alias of tsconfig.json for a tree. @param {string} root the folder that holds `src` */
export const aliasFor = (root) => ({ "@": resolve(root, "src") });

export default { resolve: { alias: aliasFor(resolve(dirname(fileURLToPath(import.meta.url)), "../..")) } };
