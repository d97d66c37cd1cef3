import { expect, test, vi } from "vitest";
import { configuration, FEATURES, reach } from "../../.dependency-cruiser.mjs";
import { importViolations } from "./imports";
import { CLEAN, type Tree, withTree } from "./tree";

// Parsers and compilers at work: seconds on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Adds an import of `target` to `file`, which may be new. */
const importing = (file: string, target: string): Tree => ({
  [file]: `${CLEAN[file] ?? ""}import * as planted from "${target}";\nexport const used = planted;\n`,
});
const importingType = (file: string, target: string): Tree => ({
  [file]: `${CLEAN[file] ?? ""}import type * as planted from "${target}";\nexport type Used = typeof planted;\n`,
});

/** law → what is planted and where the finger must point. */
const PLANTS: [law: string, plant: Tree, culprit: string][] = [
  [
    "nobody-imports-app",
    importing("src/components/card.tsx", "@/app/overview/page"),
    "src/components/card.tsx → src/app/",
  ],
  ["nobody-imports-app", importing("e2e/journey.ts", "../src/app/overview/page"), "e2e/journey.ts → src/app/"],
  [
    "app-composes",
    importing("src/app/overview/page.tsx", "@/db/client"),
    "src/app/overview/page.tsx → src/db/client.ts",
  ],
  [
    "app-composes",
    importingType("src/app/overview/page.tsx", "@/db/client"),
    "src/app/overview/page.tsx → src/db/client.ts",
  ],
  ["router-adapts", importing("src/features/metering/router.ts", "@/db/client"), "router.ts → src/db/client.ts"],
  ["router-adapts", importingType("src/features/metering/router.ts", "@/db/client"), "router.ts → src/db/client.ts"],
  [
    "router-adapts",
    importing("src/features/plans/router.ts", "@/features/metering/queries"),
    "plans/router.ts → src/features/metering/queries.ts",
  ],
  ["rest-adapts", importing("src/rest/consume.ts", "@/db/client"), "src/rest/consume.ts → src/db/client.ts"],
  [
    "rest-adapts",
    importing("src/rest/consume.ts", "@/features/metering/router"),
    "src/rest/consume.ts → src/features/metering/router.ts",
  ],
  ["rest-adapts", importing("src/rest/consume.ts", "@/auth/index"), "src/rest/consume.ts → src/auth/index.ts"],
  [
    "rest-internal-wires",
    {
      "src/db/schema/keys.ts": "export const keys = 1;\n",
      ...importing("src/rest/internal/wiring.ts", "@/db/schema/keys"),
    },
    "src/rest/internal/wiring.ts → src/db/schema/keys.ts",
  ],
  [
    "rest-internal-wires",
    importing("src/rest/internal/wiring.ts", "@/features/metering/router"),
    "src/rest/internal/wiring.ts → src/features/metering/router.ts",
  ],
  [
    "services-look-down",
    importing("src/features/metering/service.ts", "@/auth/index"),
    "metering/service.ts → src/auth/index.ts",
  ],
  [
    "services-look-down",
    importing("src/features/metering/outbox/jobs.ts", "@/trpc/procedures"),
    "outbox/jobs.ts → src/trpc/procedures.ts",
  ],
  [
    "services-know-no-adapter",
    importing("src/features/metering/queries.ts", "./components/balance"),
    "queries.ts → src/features/metering/components/balance.tsx",
  ],
  ["services-know-no-framework", importing("src/features/metering/service.ts", "next"), "metering/service.ts → "],
  ["services-know-no-framework", importing("src/features/metering/queries.ts", "react"), "metering/queries.ts → "],
  [
    "services-know-no-framework",
    importing("src/features/metering/ledger/service.ts", "@trpc/server"),
    "metering/ledger/service.ts → ",
  ],
  [
    "contract-and-rules-import-little",
    importing("src/features/metering/contract.ts", "@/db/client"),
    "contract.ts → src/db/client.ts",
  ],
  ["contract-and-rules-import-little", importing("src/features/metering/rules.ts", "stripe"), "rules.ts → "],
  ["contract-and-rules-import-little", importing("src/features/metering/rules.ts", "node:crypto"), "rules.ts → "],
  [
    "feature-components-look-at-contracts",
    importing("src/features/metering/components/entries.tsx", "../queries"),
    "components/entries.tsx → src/features/metering/queries.ts",
  ],
  ...FEATURES.slice(0, -1).map((feature: string, at: number): [string, Tree, string] => {
    const right = FEATURES[at + 1] ?? "";
    return [
      `left-only-${feature}`,
      {
        [`src/features/${right}/rules.ts`]: "export const one = 1;\n",
        ...importing(`src/features/${feature}/queries.ts`, `@/features/${right}/rules`),
      },
      `src/features/${feature}/queries.ts → src/features/${right}/rules.ts`,
    ];
  }),
  ["no-cycles", importing("src/features/metering/service.ts", "./jobs"), "src/features/metering/"],
  [
    "components-know-no-domain",
    importing("src/components/card.tsx", "@/features/metering/rules"),
    "card.tsx → src/features/",
  ],
  ["lib-stands-alone", importing("src/lib/ids.ts", "@/features/metering/rules"), "src/lib/ids.ts → src/features/"],
  [
    "db-looks-down",
    importing("src/db/schema/keys.ts", "@/features/metering/rules"),
    "src/db/schema/keys.ts → src/features/",
  ],
  ["trpc-adapts", importing("src/trpc/root.ts", "@/rest/consume"), "src/trpc/root.ts → src/rest/"],
  ["auth-looks-down", importing("src/auth/index.ts", "@/components/card"), "src/auth/index.ts → src/components/"],
  [
    "middleware-looks-at-the-session",
    importing("middleware.ts", "@/components/card"),
    "middleware.ts → src/components/",
  ],
  ["widget-takes-types", importingType("src/widget/frame.ts", "@/lib/ids"), "src/widget/frame.ts → src/lib/ids.ts"],
  [
    "widget-takes-only-types",
    importing("src/widget/frame.ts", "@/features/metering/contract"),
    "src/widget/frame.ts → src/features/",
  ],
  [
    "nothing-imports-the-outside",
    importing("src/features/metering/service.db.test.ts", "../../../dev/supervisor"),
    "service.db.test.ts → dev/",
  ],
  ["nothing-imports-the-outside", importing("src/lib/ids.ts", "../../dev/supervisor"), "src/lib/ids.ts → dev/"],
  [
    "nothing-imports-the-outside",
    importing("src/features/metering/jobs.ts", "@/worker/index"),
    "jobs.ts → src/worker/",
  ],
  ["nothing-imports-the-outside", importing("src/rest/consume.ts", "@/meter/index"), "consume.ts → src/meter/"],
  ["the-outside-keeps-apart", importing("src/cli/check.ts", "@/worker/index"), "src/cli/check.ts → src/worker/"],
  ["the-outside-keeps-apart", importing("src/meter/index.ts", "@/worker/index"), "src/meter/index.ts → src/worker/"],
  ["only-lib-opens-redis", importing("src/meter/index.ts", "ioredis"), "src/meter/index.ts → node_modules/ioredis/"],
  [
    "test-helpers-stay-in-tests",
    importing("src/features/metering/service.ts", "@/test/factories"),
    "service.ts → src/test/",
  ],
  ["only-db-opens-postgres", importing("src/features/metering/service.ts", "postgres"), "service.ts → "],
  ["sql-stays-below", importing("src/rest/consume.ts", "drizzle-orm"), "src/rest/consume.ts → "],
  ["sql-stays-below", importing("src/trpc/root.ts", "drizzle-orm"), "src/trpc/root.ts → "],
  ["imports-resolve", importing("src/lib/ids.ts", "@/lib/nowhere"), "src/lib/ids.ts → @/lib/nowhere"],
  [
    "edge-stays-at-the-edge",
    importing("src/features/metering/edge/handler.ts", "../queries"),
    "src/app/api/consume/route.ts → src/features/metering/edge/handler.ts → src/features/metering/queries.ts → src/db/client.ts",
  ],
  [
    "edge-stays-at-the-edge",
    importing("src/app/api/consume/route.ts", "@/lib/files"),
    "src/app/api/consume/route.ts → src/lib/files.ts → fs",
  ],
  [
    "edge-stays-at-the-edge",
    importing("src/auth/config.ts", "@/lib/files"),
    "middleware.ts → src/auth/config.ts → src/lib/files.ts → fs",
  ],
  ["edge-stays-at-the-edge", importing("src/auth/config.ts", "stripe"), "middleware.ts → src/auth/config.ts → "],
  ["edge-stays-at-the-edge", importing("middleware.ts", "@/auth/index"), "middleware.ts → src/auth/index.ts"],
  [
    "edge-stays-at-the-edge",
    importing("src/features/metering/edge/handler.ts", "drizzle-orm"),
    "src/features/metering/edge/handler.ts → ",
  ],
  [
    "edge-stays-at-the-edge",
    importing("src/features/metering/edge/handler.ts", "postgres"),
    "src/features/metering/edge/handler.ts → ",
  ],
  [
    "client-stays-in-the-browser",
    importing("src/components/card.tsx", "@/features/metering/queries"),
    "src/features/metering/components/balance.tsx → src/components/card.tsx → src/features/metering/queries.ts",
  ],
  [
    "client-stays-in-the-browser",
    importing("src/app/sign-in/form.tsx", "@/lib/env"),
    "src/app/sign-in/form.tsx → src/lib/env.ts",
  ],
  [
    "client-stays-in-the-browser",
    {
      "src/app/menu.tsx": `// A menu.\n"use client";\nimport { session } from "@/auth/index";\nexport const Menu = () => session;\n`,
    },
    "src/app/menu.tsx → src/auth/index.ts → src/db/client.ts",
  ],
  [
    "contract-and-rules-are-pure",
    importing("src/lib/ids.ts", "./env"),
    "src/features/metering/contract.ts → src/lib/ids.ts → src/lib/env.ts",
  ],
  [
    "contract-and-rules-are-pure",
    importing("src/lib/ids.ts", "node:crypto"),
    "src/features/metering/contract.ts → src/lib/ids.ts → crypto",
  ],
];

test("a clean tree keeps the import law", async () => {
  expect(await withTree(CLEAN, importViolations)).toEqual([]);
});

test("every law has a plant", () => {
  const laws = [...configuration("/nowhere").forbidden, ...reach("/nowhere")].map(({ name }) => name);
  expect([...new Set(PLANTS.map(([law]) => law))].sort()).toEqual(laws.sort());
});

test.each(PLANTS)("%s bites (%#)", async (law, plant, culprit) => {
  const violations = await withTree({ ...CLEAN, ...plant }, importViolations);
  const caught = violations.filter((line) => line.includes(`: ${law}, `));
  expect(caught.join("\n")).toContain(culprit);
});

test("a type-only import reaches nothing, a dynamic one does", async () => {
  const edge = "src/features/metering/edge/handler.ts";
  const dynamic = `export const late = () => import("../queries");\n`;
  const typed = `import type { balanceOf } from "../queries";\nexport type Late = typeof balanceOf;\n`;
  expect(await withTree({ ...CLEAN, [edge]: typed + CLEAN[edge] }, importViolations)).toEqual([]);
  const violations = await withTree({ ...CLEAN, [edge]: dynamic + CLEAN[edge] }, importViolations);
  expect(violations.join("\n")).toContain("edge-stays-at-the-edge");
});
