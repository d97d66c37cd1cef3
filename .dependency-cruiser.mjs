// The import law. `npm run verify` runs it through dev/verify/imports.ts, which also judges `reach` below: what may be
// reached through other modules, type-only imports left out (dependency-cruiser's own `reachable` would count them).
// Every rule's comment says what to do instead. dev/verify/imports.test.ts plants a violation of each.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The product's domains. Imports go left only: a feature may import the ones before it, never the ones after. */
export const FEATURES = [
  "audit",
  "notifications",
  "team",
  "metering",
  "plans",
  "catalog",
  "activations",
  "keys",
  "products",
  "billing",
  "usage",
  "partners",
  "admin",
];

// Tests stand beside the code and reach for factories and stores; they are not shipped, so the layers do not bind them.
const TESTS = "\\.test\\.tsx?$|^src/test/";
const inFeature = (names) => `^src/features/[^/]+/(?:|.+/)${names}`;
const npm = (...names) => `node_modules/(?:${names.join("|")})/`;

const DATABASE = npm("postgres", "drizzle-orm");
const OUTER = inFeature("(?:router\\.ts$|components/|emails/)");

const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

const layers = [
  rule(
    "nobody-imports-app",
    "src/app is routing only and nobody imports it: move what is shared into a feature, src/components or src/lib",
    { pathNot: "^src/app/" },
    { path: "^src/app/" },
  ),
  rule(
    "app-composes",
    "src/app imports features, components, auth, trpc, rest and lib, never db: call a query or a service",
    { path: "^src/app/", pathNot: TESTS },
    { path: "^(?:src|dev|bench|e2e)/", pathNot: "^src/(?:app|features|components|auth|trpc|rest|lib)/" },
  ),
  rule(
    "router-adapts",
    "a router imports the service, queries and contract of its own feature, src/trpc/procedures and lib: put the work in the service",
    { path: "^src/features/([^/]+)/(?:|.+/)router\\.ts$" },
    {
      path: "^src/",
      pathNot: [
        "^src/features/$1/(?:|.+/)(?:service|queries|contract)\\.ts$",
        "^src/trpc/procedures\\.ts$",
        "^src/lib/",
      ],
    },
  ),
  rule(
    "rest-adapts",
    "src/rest imports handlers, services, queries, contracts, the key gate and lib, never db: put the read into queries.ts, the write into service.ts",
    { path: "^src/rest/", pathNot: [TESTS, "^src/rest/internal/"] },
    {
      path: "^src/",
      pathNot: [
        "^src/(?:rest|lib)/",
        "^src/auth/key-gate\\.ts$",
        inFeature("(?:service|queries|contract|rules|handler|jobs)\\.ts$"),
      ],
    },
  ),
  rule(
    "rest-internal-wires",
    "src/rest/internal wires the ports of metering and of the mails for routes, worker and commands: it may hold the database handle, and nothing of its tables",
    { path: "^src/rest/internal/", pathNot: TESTS },
    {
      path: "^src/",
      pathNot: [
        "^src/(?:rest|lib)/",
        "^src/db/(?:client|jobs)\\.ts$",
        inFeature("(?:(?:service|queries|contract|jobs)\\.ts$|emails/)"),
      ],
    },
  ),
  rule(
    "services-look-down",
    "inside a feature, what is not a router or a component imports db, lib and features to the left: pass the rest in as an argument",
    { path: "^src/features/", pathNot: [TESTS, OUTER] },
    { path: "^src/", pathNot: ["^src/(?:db|lib)/", "^src/features/"] },
  ),
  rule(
    "services-know-no-adapter",
    "services, queries, jobs and handlers never import a router or a component: turn the import round",
    { path: "^src/features/", pathNot: [TESTS, OUTER] },
    { path: inFeature("(?:router\\.ts$|components/)") },
  ),
  rule(
    "services-know-no-framework",
    "services, queries, jobs and handlers never import next, react or trpc: take plain values and return plain values",
    { path: "^src/features/", pathNot: [TESTS, OUTER] },
    { path: npm("next", "next-auth", "next-themes", "react", "react-dom", "@trpc", "@tanstack") },
  ),
  rule(
    "contract-and-rules-import-little",
    "contract.ts and rules.ts import zod, pure lib and other contracts and rules: they run in the browser and at the edge",
    { path: inFeature("(?:contract|rules)\\.ts$") },
    {
      path: ".",
      pathNot: [
        "^src/lib/",
        inFeature("(?:contract|rules)\\.ts$"),
        npm("zod", "@noble/hashes", "@cfworker/json-schema"),
      ],
    },
  ),
  rule(
    "feature-components-look-at-contracts",
    "a feature's component imports contracts, rules, components, the trpc client and lib: let the page pass the data in",
    { path: inFeature("components/"), pathNot: TESTS },
    {
      path: "^src/",
      pathNot: [
        inFeature("(?:contract\\.ts$|rules\\.ts$|components/)"),
        "^src/(?:components|lib)/",
        "^src/trpc/client",
      ],
    },
  ),
  ...FEATURES.slice(0, -1).map((feature, at) =>
    rule(
      `left-only-${feature}`,
      `${feature} imports only features to its left (${FEATURES.join(" < ")}): declare a port in ${feature} and wire it from outside`,
      { path: `^src/features/${feature}/`, pathNot: TESTS },
      { path: `^src/features/(?:${FEATURES.slice(at + 1).join("|")})/` },
    ),
  ),
  rule("no-cycles", "modules import each other in a circle: move what both need into a third", {}, { circular: true }),
  rule(
    "components-know-no-domain",
    "src/components imports only src/components and src/lib: move it into the feature's components/",
    { path: "^src/components/", pathNot: TESTS },
    { path: "^src/", pathNot: "^src/(?:components|lib)/" },
  ),
  rule(
    "lib-stands-alone",
    "src/lib imports nothing else of src: pass it in, or move the module to where it belongs",
    { path: "^src/lib/", pathNot: TESTS },
    { path: "^src/", pathNot: "^src/lib/" },
  ),
  rule(
    "db-looks-down",
    "src/db imports only src/db and src/lib: what knows a domain belongs into that feature",
    { path: "^src/db/", pathNot: TESTS },
    { path: "^src/", pathNot: "^src/(?:db|lib)/" },
  ),
  rule(
    "trpc-adapts",
    "src/trpc imports routers, auth, db, lib and metering as it is wired: pages and REST stand beside it, not under it",
    { path: "^src/trpc/", pathNot: TESTS },
    { path: "^src/", pathNot: ["^src/(?:trpc|auth|db|lib)/", "^src/features/", "^src/rest/internal/"] },
  ),
  rule(
    "auth-looks-down",
    "src/auth imports db, lib and features: what the pages need, they import from auth",
    { path: "^src/auth/", pathNot: TESTS },
    { path: "^src/", pathNot: ["^src/(?:auth|db|lib)/", "^src/features/"] },
  ),
  rule(
    "middleware-looks-at-the-session",
    "middleware imports src/auth's edge-safe part and src/lib, nothing else: authorise at the data",
    { path: "^middleware\\.ts$" },
    { path: "^src/", pathNot: "^src/(?:auth|lib)/" },
  ),
  rule(
    "widget-takes-types",
    "src/widget imports nothing of src but the types of contracts: it has a bundle of its own",
    { path: "^src/widget/", pathNot: TESTS },
    { path: "^(?:src|dev|bench|e2e)/", pathNot: ["^src/widget/", inFeature("contract\\.ts$")] },
  ),
  rule(
    "widget-takes-only-types",
    "src/widget takes only types from contracts: write `import type`",
    { path: "^src/widget/", pathNot: TESTS },
    { path: inFeature("contract\\.ts$"), dependencyTypesNot: ["type-only"] },
  ),
  rule(
    "nothing-imports-the-outside",
    "nothing in src imports worker, meter, cli, dev, bench or e2e: they import src; move what both need into src",
    // A test that kills parts of a stack has to start one of its own, which only dev knows how to.
    { path: "^(?:src/(?!worker/|meter/|cli/)|middleware\\.ts$)", pathNot: "\\.stack\\.test\\.ts$" },
    { path: "^(?:src/(?:worker|meter|cli)|dev|bench|e2e)/" },
  ),
  rule(
    "the-outside-keeps-apart",
    "worker, meter and cli do not import each other, nor dev, bench or e2e: move what both need into src",
    { path: "^src/(worker|meter|cli)/", pathNot: "\\.stack\\.test\\.ts$" },
    { path: "^(?:src/(?:worker|meter|cli)|dev|bench|e2e)/", pathNot: "^src/$1/" },
  ),
  rule(
    "test-helpers-stay-in-tests",
    "only tests import src/test or a test file: what ships must not know them",
    { path: "^(?:src/|middleware\\.ts$)", pathNot: TESTS },
    { path: TESTS },
  ),
  rule(
    "only-db-opens-postgres",
    "only src/db imports postgres and pg-boss: use its client, and src/db/jobs.ts",
    { path: "^(?:src/|middleware\\.ts$)", pathNot: ["^src/db/", TESTS] },
    { path: npm("postgres", "pg-boss") },
  ),
  rule(
    "only-lib-opens-redis",
    "only src/lib/redis-tcp.ts imports ioredis: its queues and retries would send a debit twice; use TcpConnection",
    { path: "^(?:src/|middleware\\.ts$)", pathNot: ["^src/lib/redis-tcp\\.ts$", TESTS] },
    { path: npm("ioredis") },
  ),
  rule(
    "sql-stays-below",
    "drizzle is for src/db, src/auth, commands and a feature's services, queries and jobs: put the query there",
    {
      path: "^(?:src/|middleware\\.ts$)",
      pathNot: ["^src/(?:db|auth|cli|worker)/", inFeature("(?:(?:service|queries|jobs)\\.ts$|events/)"), TESTS],
    },
    { path: npm("drizzle-orm") },
  ),
  rule(
    "imports-resolve",
    "this import leads nowhere: mend the path, or add the package to package.json",
    {},
    { couldNotResolve: true },
  ),
];

/** The files under `folder` for which `matches` says yes to their text, as paths from `root`. */
function filesWhere(root, folder, matches) {
  let names;
  try {
    names = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return names
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => matches(readFileSync(file, "utf8")))
    .map((file) => file.slice(root.length + 1).replaceAll("\\", "/"));
}

const directive = (name) => {
  const pattern = new RegExp(`^(?:\\s+|//[^\\n]*\\n|/\\*[\\s\\S]*?\\*/)*["']${name}["']`);
  return (text) => pattern.test(text);
};
const edgeRuntime = (text) => /^export const runtime\s*=\s*["'](?:experimental-)?edge["']/m.test(text);

const exactly = (files) => files.map((file) => `^${file.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);

/**
 * What must not be reached, through however many modules. `from` are the starting modules, `to` and `core` what must
 * stay out of reach, `toNot` the exceptions, `stopAt` modules behind which another process begins.
 * @param {string} root the folder that holds `src`
 */
export function reach(root) {
  return [
    {
      name: "edge-stays-at-the-edge",
      comment:
        "this runs in the edge runtime, which has no TCP, no files and no Node core: ask the Node side over HTTP",
      from: [
        "^(?:src/)?middleware\\.ts$",
        "^src/features/metering/edge/",
        ...exactly(filesWhere(root, "src", edgeRuntime)),
      ],
      to: [
        "^src/db/",
        "^src/auth/index\\.ts$",
        DATABASE,
        npm("stripe", "pino", "@node-rs/argon2", "ioredis", "nodemailer"),
      ],
      toNot: [],
      core: true,
      stopAt: [],
    },
    {
      name: "client-stays-in-the-browser",
      comment: "this ships to the browser, where a service, a query and the database must not go: call it through tRPC",
      from: ["^src/widget/", ...exactly(filesWhere(root, "src", directive("use client")))],
      to: ["^src/db/", inFeature("(?:service|queries|jobs)\\.ts$"), "^src/lib/env\\.ts$", DATABASE, npm("stripe")],
      toNot: [],
      core: true,
      stopAt: exactly(filesWhere(root, "src", directive("use server"))),
    },
    {
      name: "contract-and-rules-are-pure",
      comment:
        "contract.ts and rules.ts must give the same answer anywhere: no environment, no package but zod, the hashes and the JSON Schema check, no Node core",
      from: [inFeature("(?:contract|rules)\\.ts$")],
      to: ["^src/lib/env\\.ts$", "node_modules/"],
      toNot: [npm("zod", "@noble/hashes", "@cfworker/json-schema")],
      core: true,
      stopAt: [],
    },
  ];
}

/** The configuration for a tree. @param {string} root the folder that holds `src` */
export function configuration(root) {
  return {
    forbidden: layers,
    options: {
      // TypeScript 7 has no parser that dependency-cruiser could use, so swc reads the sources and sees `import type`.
      parser: "swc",
      tsPreCompilationDeps: true,
      baseDir: root,
      doNotFollow: { path: "node_modules" },
      skipAnalysisNotInRules: true,
      webpackConfig: { fileName: join(dirname(fileURLToPath(import.meta.url)), "dev/verify/resolve.mjs") },
      enhancedResolveOptions: {
        exportsFields: ["exports"],
        conditionNames: ["import", "node", "default", "require", "types"],
        mainFields: ["module", "main", "types"],
      },
    },
  };
}

export default configuration(dirname(fileURLToPath(import.meta.url)));
