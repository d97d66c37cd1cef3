// Small trees for the tests of the laws: a clean one, and what is planted in it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Paths from the tree's root, with their text. */
export type Tree = Readonly<Record<string, string>>;

/**
 * Writes a tree to a temporary folder, hands its absolute path to `use`, and removes it again.
 * @returns what `use` returned
 */
export async function withTree<T>(tree: Tree, use: (root: string) => T | Promise<T>): Promise<T> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "connected-apps-law-")));
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const packages = [
  "@trpc/server",
  "drizzle-orm",
  "ioredis",
  "next",
  "pino",
  "postgres",
  "react",
  "stripe",
  "vitest",
  "zod",
];

const installed = Object.fromEntries(
  packages.flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" })],
    [`node_modules/${name}/index.js`, "export default {};\n"],
  ]),
);

/** A tree in miniature that keeps every law, with each kind of file in it. */
export const CLEAN: Tree = {
  ...installed,
  "package.json": JSON.stringify({ dependencies: Object.fromEntries(packages.map((name) => [name, "1.0.0"])) }),
  "README.md": `# A product\n${packages.map((name) => `- \`${name}\`: because`).join("\n")}\n`,
  "middleware.ts": `import { edge } from "@/auth/config";\nexport const middleware = edge;\n`,
  "src/middleware.ts": `export { middleware } from "../middleware";\n`,
  "src/lib/env.ts": `import { z } from "zod";\nexport const env = () => z;\n`,
  "src/lib/ids.ts": `export type CustomerId = string;\nexport const isUuid = (id: string) => id.length === 36;\n`,
  "src/lib/files.ts": `import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n`,
  "src/lib/logger.ts": `import pino from "pino";\nexport const logger = pino;\n`,
  "src/db/client.ts": `import drizzle from "drizzle-orm";\nimport postgres from "postgres";\nimport { env } from "@/lib/env";\nexport type Db = number;\nexport const db = () => [drizzle, postgres, env];\n`,
  "src/auth/config.ts": `import { isUuid } from "@/lib/ids";\nexport const edge = isUuid;\n`,
  "src/auth/index.ts": `import { db } from "@/db/client";\nexport { edge } from "./config";\nexport const session = () => db;\n`,
  "src/features/audit/service.ts": `import type { Db } from "@/db/client";\nexport const recordAudit = (db: Db) => db;\n`,
  "src/features/metering/contract.ts": `import { z } from "zod";\nimport { isUuid } from "@/lib/ids";\nexport const balance = [z, isUuid];\n`,
  "src/features/metering/rules.ts": `import type { balance } from "./contract";\nexport const burn = (b: typeof balance) => b;\n`,
  "src/features/metering/service.ts": `import { sql } from "drizzle-orm";\nimport { db } from "@/db/client";\nimport { recordAudit } from "@/features/audit/service";\nexport const debit = () => [db, recordAudit, sql];\n`,
  "src/features/metering/queries.ts": `import { db } from "@/db/client";\nexport const balanceOf = () => db;\n`,
  "src/features/metering/jobs.ts": `import { debit } from "./service";\nexport const sweep = () => debit;\n`,
  "src/features/metering/router.ts": `import { procedure } from "@/trpc/procedures";\nimport { balanceOf } from "./queries";\nexport const meteringRouter = [procedure, balanceOf];\n`,
  "src/features/metering/edge/handler.ts": `import type { Db } from "@/db/client";\nimport { env } from "@/lib/env";\nimport { burn } from "../rules";\nexport const consume = (db: Db) => [env, burn, db];\n`,
  "src/features/metering/components/balance.tsx": `"use client";\nimport { trpc } from "@/trpc/client";\nimport { Card } from "@/components/card";\nexport const Balance = () => [trpc, Card];\n`,
  "src/features/plans/queries.ts": `import { balanceOf } from "@/features/metering/queries";\nexport const plans = () => balanceOf;\n`,
  "src/components/card.tsx": `import { isUuid } from "@/lib/ids";\nexport const Card = () => isUuid;\n`,
  "src/trpc/procedures.ts": `import trpc from "@trpc/server";\nimport { session } from "@/auth/index";\nexport const procedure = [trpc, session];\n`,
  "src/trpc/root.ts": `import { meteringRouter } from "@/features/metering/router";\nexport const appRouter = [meteringRouter];\nexport type AppRouter = typeof appRouter;\n`,
  "src/trpc/client.ts": `"use client";\nimport type { AppRouter } from "./root";\nexport const trpc: AppRouter | null = null;\n`,
  "src/rest/consume.ts": `import { balance } from "@/features/metering/contract";\nimport { balanceOf } from "@/features/metering/queries";\nexport const usage = () => [balance, balanceOf];\n`,
  "src/rest/internal/wiring.ts": `import { db } from "@/db/client";\nimport { sweep } from "@/features/metering/jobs";\nexport const metering = () => [db, sweep];\n`,
  "src/rest/edge/route.ts": `import { consume } from "@/features/metering/edge/handler";\nimport next from "next";\nexport const host = [consume, next];\n`,
  "src/rest/v1/usage.ts": `import { gate } from "@/auth/key-gate";\nimport { balanceOf } from "@/features/metering/queries";\nexport const usage = () => [gate, balanceOf];\n`,
  "src/auth/key-gate.ts": `import { db } from "@/db/client";\nexport const gate = () => db;\n`,
  "src/app/overview/page.tsx": `import next from "next";\nimport { Balance } from "@/features/metering/components/balance";\nexport default () => [next, Balance];\n`,
  "src/app/api/consume/route.ts": `import { consume } from "@/features/metering/edge/handler";\nexport const runtime = "edge";\nexport const POST = consume;\n`,
  "src/app/sign-in/actions.ts": `"use server";\nimport { session } from "@/auth/index";\nexport const signIn = async () => session;\n`,
  "src/app/sign-in/form.tsx": `"use client";\nimport { signIn } from "./actions";\nexport const Form = () => signIn;\n`,
  "src/meter/index.ts": `import { sweep } from "@/features/metering/jobs";\nsweep();\n`,
  "src/worker/index.ts": `import { sweep } from "@/features/metering/jobs";\nimport { logger } from "@/lib/logger";\nsweep();\nlogger;\n`,
  "src/cli/check.ts": `import { db } from "@/db/client";\ndb();\n`,
  "src/widget/frame.ts": `import type { balance } from "@/features/metering/contract";\nexport type Balance = typeof balance;\n`,
  "src/test/factories.ts": `import { db } from "@/db/client";\nexport const brand = () => db;\n`,
  "src/features/metering/service.db.test.ts": `import { test } from "vitest";\nimport { brand } from "@/test/factories";\nimport { debit } from "./service";\ntest("debits", () => [brand, debit]);\n`,
  "src/features/metering/outages.stack.test.ts": `import "../../../dev/supervisor";\nimport { test } from "vitest";\ntest("goes on", () => {});\n`,
  "dev/supervisor.ts": `import { db } from "@/db/client";\ndb();\n`,
};
