import { resolve } from "node:path";

// The baseline shares the project's packages, so its root is the project's.
export default {
  poweredByHeader: false,
  turbopack: { root: resolve(import.meta.dirname, "../../..") },
};
