import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { db } from "@/db/client";
import { Tracer, tracer } from "@/lib/trace";
import { checkedAfterEach, consumeWith, drain, testBrand } from "@/test/meter";

checkedAfterEach();

const GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const held = globalThis as typeof globalThis & { connectedAppsTracer?: Tracer | null };
let got: Record<string, unknown>[] = [];
let close = () => {};

beforeEach(async () => {
  got = [];
  const server = createServer(async (request, response) => {
    got.push(...JSON.parse(Buffer.concat(await request.toArray()).toString()).resourceSpans[0].scopeSpans[0].spans);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  held.connectedAppsTracer = new Tracer("test", {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ratio: 1,
  });
});
afterEach(() => {
  close();
  held.connectedAppsTracer = undefined;
  vi.unstubAllEnvs();
});

it("a use's trace goes with its event to the ledger, and leaves nothing there", async () => {
  const brand = await testBrand({ tokens: 100 });
  const traced = await consumeWith(brand.secretKey.secret, {
    deps: { trace: GIVEN },
    body: { app_id: "vto-001", session_id: "one" },
  });
  expect(traced.status).toBe(200);
  expect((await consumeWith(brand.secretKey.secret, { body: { app_id: "vto-001", session_id: "two" } })).status).toBe(
    200,
  );
  // A carrier that is none is no reason to give the use up.
  expect((await consumeWith(brand.secretKey.secret, { deps: { trace: "nonsense" } })).status).toBe(200);
  expect((await drain(brand)).written).toBe(3);
  await expect.poll(() => got.length).toBe(1);
  expect(got[0]).toMatchObject({
    name: "ledger.write",
    traceId: GIVEN.slice(3, 35),
    parentSpanId: GIVEN.slice(36, 52),
    kind: 5,
  });
  const [row] = await db().execute(sql`
    select count(*) filter (where u::text like '%0af7651916cd%')::int as traces, count(*)::int as uses
    from token_usage u where customer_id = ${brand.customerId}`);
  expect(row).toEqual({ traces: 0, uses: 3 });
});

it("is off where no collector is named", () => {
  held.connectedAppsTracer = undefined;
  expect(tracer()).toBeNull();
});
