/** The loader's version. Raised with every change of its bytes: shops pin a version by its hash (src/widget/releases). */
export const LOADER_VERSION = "1.0.0";
