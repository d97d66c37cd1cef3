/**
 * The loader's version. Raised with every change of its bytes, and the new ones kept by `npm run build:widget -- --release`:
 * shops pin a version by its hash.
 */
export const LOADER_VERSION = "1.2.0";
