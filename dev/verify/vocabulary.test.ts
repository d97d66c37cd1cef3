import { execFileSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { CLEAN, type Tree, withTree } from "./tree";
import { vocabularyViolations } from "./vocabulary";

const lines = (count: number): string => "export {};\n".repeat(count);
// Put together here, so that this file keeps the laws it plants violations of.
const joined = (...parts: string[]): string => parts.join("");

const GOOD: Tree = {
  "docs/start.md": "See /api/v1/apps, https://shop.example/home/sale and `$HOME/work/x`.\n",
  "package-lock.json": JSON.stringify({
    packages: { "node_modules/zod": { version: "4.0.0", integrity: "sha512-x" } },
  }),
  ".env.example":
    "# Everything.\n\n# Where Postgres is.\nDATABASE_URL=\n\n# How much is logged.\n# LOG_LEVEL=info\n\n# Where to serve.\n# PORT=3000\n",
  ".ci/run": "npm ci\n",
  "drizzle/0000_init.sql": "select 1;\n".repeat(900),
  "vitest.config.ts": "export const level = process.env.LOG_LEVEL;\n",
  "src/lib/env.ts": "export const schema = {\n  DATABASE_URL: 1,\n  LOG_LEVEL: 2,\n};\nprocess.env;\n",
  "src/middleware.test.ts": "",
  "src/lib/ids.ts": `${lines(390)}export const uuidV7 = 1;\n`,
  "src/app/api/v1/apps/route.ts": "export const mode = process.env.NODE_ENV;\n",
  "src/app/(signed-in)/keys/page.tsx": "export default () => null;\n",
  "src/cli/start.ts": "export const port = process.env.PORT;\n",
  "src/features/metering/service.db.test.ts": `// @ts-expect-${"error"} a string is no CustomerId\n${lines(590)}`,
  "src/features/metering/edge/lua/consume.ts": "export const script = '';\n",
  "src/features/metering/edge/consume.redis.test.ts": "export {};\n",
  "src/features/billing/stripe/events/invoice-paid.ts": "export {};\n",
  "src/features/team/emails/invitation.tsx": "export {};\n",
  "src/features/keys/components/key-table.tsx": "export {};\n",
};

/** law → what is planted and what the line must start with. */
const PLANTS: [law: string, plant: Tree, start: string][] = [
  ["top-level", { "packages/sdk/index.ts": "" }, "packages/sdk/index.ts: "],
  ["top-level", { "notes.md": "" }, "notes.md: "],
  ["src-folders", { "src/services/keys.ts": "" }, "src/services/keys.ts: "],
  ["src-folders", { "src/index.ts": "" }, "src/index.ts: "],
  ["feature-list", { "src/features/payments/service.ts": "" }, "src/features/payments/service.ts: "],
  ["feature-list", { "src/features/index.ts": "" }, "src/features/index.ts: "],
  ["feature-vocabulary", { "src/features/keys/repository.ts": "" }, "src/features/keys/repository.ts: "],
  ["feature-vocabulary", { "src/features/keys/key-table.tsx": "" }, "src/features/keys/key-table.tsx: "],
  ["feature-vocabulary", { "src/features/team/emails/invitation.ts": "" }, "src/features/team/emails/invitation.ts: "],
  ["feature-vocabulary", { "src/features/metering/lua/refunds/refund.ts": "" }, "src/features/metering/lua/refunds/"],
  ["feature-vocabulary", { "src/features/metering/edge/http/handler.ts": "" }, "src/features/metering/edge/http/"],
  ...["utils.ts", "types.ts", "constants.ts", "helpers.ts", "utils/dates.ts", "helpers.test.ts"].map(
    (name): [string, Tree, string] => ["no-catch-all", { [`src/lib/${name}`]: "" }, "src/lib/"],
  ),
  ["no-version-names", { "src/lib/money-v2.ts": "" }, "src/lib/money-v2.ts: "],
  ["no-version-names", { [joined("src/components/Card", "V2.tsx")]: "" }, joined("src/components/Card", "V2.tsx: ")],
  ["no-version-names", { "src/lib/ids.ts": joined("\nexport const mint", "V2 = 1;\n") }, "src/lib/ids.ts:2: "],
  ["file-length", { "src/lib/ids.ts": lines(401) }, "src/lib/ids.ts: "],
  ["file-length", { "dev/supervisor.ts": lines(401) }, "dev/supervisor.ts: "],
  ["file-length", { "src/lib/ids.test.ts": lines(601) }, "src/lib/ids.test.ts: "],
  ["no-switching-off", { "src/lib/ids.ts": joined("\n// @ts-", "ignore\n") }, "src/lib/ids.ts:2: "],
  ["no-switching-off", { "src/lib/ids.test.ts": joined("\n// @ts-", "nocheck\n") }, "src/lib/ids.test.ts:2: "],
  ["no-switching-off", { "src/lib/ids.ts": joined("\n// @ts-expect-", "error\n") }, "src/lib/ids.ts:2: "],
  ["no-switching-off", { "dev/inbox.ts": joined("\n// biome-", "ignore lint: because\n") }, "dev/inbox.ts:2: "],
  [
    "no-inline-imports",
    { "src/rest/keys.ts": joined("\ntype Db = import", '("@/db/client").Db;\n') },
    "src/rest/keys.ts:2: ",
  ],
  [
    "no-inline-imports",
    { "src/rest/keys.ts": joined("\ntype Db = typeof ", 'import("@/db/client");\n') },
    "src/rest/keys.ts:2: ",
  ],
  ["environment-in-one-place", { "src/lib/redis.ts": "\nprocess.env.TOKEN;\n" }, "src/lib/redis.ts:2: "],
  ["environment-in-one-place", { "middleware.ts": "\nconst { A } = process.env;\n" }, "middleware.ts:2: "],
  ["no-machine-paths", { "docs/run.md": joined("\ncd /", "root/app\n") }, "docs/run.md:2: "],
  ["no-machine-paths", { "src/lib/files.ts": joined("\nopen('/", "home/ada/x')\n") }, "src/lib/files.ts:2: "],
  ["no-machine-paths", { ".ci/run": joined("\ncd /", "work/main\n") }, ".ci/run:2: "],
  ["no-registry-hosts", { ".npmrc": joined("\nregistry=https://", "registry.example.com/\n") }, ".npmrc:2: "],
  ["env-explained", { "src/lib/env.ts": "z.object({\n  AUTH_URL: 1,\n});\n" }, ".env.example: "],
  [
    "env-explained",
    { "src/lib/env.ts": "z.object({\n  AUTH_URL: 1,\n});\n", ".env.example": "AUTH_URL=\n" },
    ".env.example: ",
  ],
  ["env-explained", { ".env.example": "# What for?\nOLD_URL=\n" }, ".env.example: "],
  ["dependency-explained", { "README.md": "# A product\n" }, "README.md: "],
  [
    "lock-without-hosts",
    { "package-lock.json": `{ "${"resolved"}": "https://files.example.com/zod.tgz" }` },
    "package-lock.json: ",
  ],
];

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a clean tree keeps the vocabulary", async () => {
  vi.stubEnv("npm_config_registry", joined("https://registry", ".npmjs.org/"));
  expect(await withTree({ ...CLEAN, ...GOOD }, vocabularyViolations)).toEqual([]);
});

test.each(PLANTS)("%s bites (%#)", async (law, plant, start) => {
  const violations = await withTree({ ...CLEAN, ...plant }, vocabularyViolations);
  expect(violations.filter((line) => line.includes(`: ${law}, `) && line.startsWith(start))).not.toEqual([]);
});

test("the registry of this machine is found by its name", async () => {
  vi.stubEnv("npm_config_registry", "https://packages.internal.example/npm/");
  const plant = { "docs/run.md": "npm install --from packages.internal.example\n" };
  expect(await withTree({ ...CLEAN, ...plant }, vocabularyViolations)).toEqual([
    expect.stringMatching(/^docs\/run\.md: no-registry-hosts, /),
  ]);
});

test("what git ignores is not judged, what it would track is", async () => {
  const tree = { ...CLEAN, ".gitignore": "node_modules/\nscratch/\n", "scratch/notes.ts": "", "attic/notes.ts": "" };
  const violations = await withTree(tree, (root) => {
    execFileSync("git", ["init", "--quiet"], { cwd: root });
    return vocabularyViolations(root);
  });
  expect(violations).toEqual([expect.stringMatching(/^attic\/notes\.ts: top-level, /)]);
});
