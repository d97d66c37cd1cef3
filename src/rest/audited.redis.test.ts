import { join } from "node:path";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import { auditHeads, auditLog } from "@/db/schema/audit";
import { checkChains } from "@/features/audit/chain/queries";
import { checkedAfterEach, type TestBrand, testBrand } from "@/test/meter";
import { BODIES } from "@/test/routes";
import { OPERATIONS, type Operation } from "./openapi/operations";

/**
 * Every operation of the API that changes something leaves a line in the brand's log, with the key as the one who did it. The
 * list is the API's own description: a new operation gets a step below, or an argument, on the day it is written.
 */

vi.mock("@/auth/session", () => ({ currentSession: async () => ({ state: "out" }) }));
vi.mock("next/server", () => ({ after: () => {} }));
checkedAfterEach();

const APP = "sty-001";

/** Tokens move in the ledger, which is append-only, has the key of each use, and is checked with the audit log. */
const IN_THE_LEDGER = ["consume", "consumeBatch", "reserve", "settleReservation", "releaseReservation", "refundUsage"];
/** What waits for Stripe, by whose event the line is written. */
const BY_STRIPE: Readonly<Record<string, string>> = {
  subscribe: "subscription.changed: src/features/billing/flows.redis.test.ts",
  checkout: "purchase.completed: src/features/billing/flows.redis.test.ts",
  billingPortal: "opens Stripe's own pages, which tell us by events: src/features/billing/flows.redis.test.ts",
};

/** Each change once, in an order in which all can be made: the operation, what it is of, and the line that it leaves. */
const STEPS: readonly { readonly id: string; readonly of: string; readonly action: string; readonly body?: unknown }[] =
  [
    { id: "activateApp", of: APP, action: "app.activated" },
    { id: "putConfiguration", of: APP, action: "app.configured", body: { configuration: { results: 4 } } },
    { id: "pauseApp", of: APP, action: "app.paused" },
    { id: "resumeApp", of: APP, action: "app.resumed" },
    { id: "deactivateApp", of: APP, action: "app.deactivated" },
    { id: "putProduct", of: "N-1", action: "product.created" },
    { id: "putProduct", of: "N-1", action: "product.updated", body: { name: "Halden II" } },
    { id: "deleteProduct", of: "N-1", action: "product.deleted" },
  ];

let brand: TestBrand;
beforeAll(async () => {
  brand = await testBrand({ tokens: 10, apps: [] });
});
afterAll(closeDb);

const writes = OPERATIONS.filter(({ method }) => method !== "get");
const operationOf = (id: string): Operation => {
  const found = writes.find((one) => one.id === id);
  if (!found) throw new Error(`There is no such operation: ${id}`);
  return found;
};
const nameOf = ({ method, path }: Operation): string => `${method.toUpperCase()} ${path}`;
async function lines(): Promise<number> {
  const [head] = await db().select().from(auditHeads).where(eq(auditHeads.customerId, brand.customerId));
  return head?.seq ?? 0;
}

it("each change has a step here, or an argument", () => {
  const told = new Set([...STEPS.map(({ id }) => id), ...IN_THE_LEDGER, ...Object.keys(BY_STRIPE)]);
  const ids = writes.map(({ id }) => id);
  expect(ids.filter((id) => !told.has(id))).toEqual([]);
  expect([...told].filter((id) => !ids.includes(id))).toEqual([]);
});

type Route = (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response>;

describe("a line in the log is left by", () => {
  it.each(STEPS)("$id of $of: $action", async ({ id, of, action, body }) => {
    const operation = operationOf(id);
    const module = (await import(
      /* @vite-ignore */ join(import.meta.dirname, "../app", operation.path, "route.ts")
    )) as Record<string, Route>;
    const before = await lines();
    const sent = JSON.stringify(body ?? BODIES[nameOf(operation)] ?? {});
    const method = operation.method.toUpperCase();
    const answer = await module[method]?.(
      new Request(`http://localhost${operation.path.replace("[id]", of)}`, {
        method,
        headers: { "content-type": "application/json", authorization: `Bearer ${brand.secretKey.secret}` },
        ...(operation.body ? { body: sent } : {}),
      }),
      { params: Promise.resolve({ id: of }) },
    );
    expect(answer?.status, await answer?.clone().text()).toBeLessThan(300);
    expect(await lines()).toBe(before + 1);
    const [line] = await db()
      .select()
      .from(auditLog)
      .where(eq(auditLog.customerId, brand.customerId))
      .orderBy(desc(auditLog.id))
      .limit(1);
    expect(line).toMatchObject({ action, actorType: "key", actorId: brand.secretKey.key.keyId });
  });

  it("and the chain holds through all of them", async () => {
    expect(await checkChains(db(), { customerId: brand.customerId })).toMatchObject([{ faults: [] }]);
  });
});
