import { resolve } from "node:path";

// The baseline shares the project's packages, so its root is the project's; with it comes the project's middleware, whose
// names tsconfig.json resolves and whose matcher leaves out /api, here as there.
export default {
  poweredByHeader: false,
  turbopack: { root: resolve(import.meta.dirname, "../../..") },
};
