import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { db } from "@/db/client";
import { redis } from "@/lib/redis";
import { forget, use } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, testBrand } from "@/test/meter";

checkedAfterEach();

const TOKEN = "t".repeat(40);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** The route in a process that has read its environment anew. */
async function ask(token: string | undefined, authorization?: string): Promise<Response> {
  vi.stubEnv("METRICS_TOKEN", token);
  vi.resetModules();
  const { getMetrics } = await import("./metrics");
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  return getMetrics(new Request("http://localhost/api/metrics", { headers }));
}
const figures = async (): Promise<Map<string, number>> => {
  const response = await ask(TOKEN, `Bearer ${TOKEN}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  const lines = (await response.text()).split("\n").filter((line) => line && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
};

describe("GET /api/metrics", () => {
  it("does not exist without the token, for the wrong one, and where none is set", async () => {
    for (const given of [undefined, "", "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]) {
      const response = await ask(TOKEN, given);
      expect([response.status, (await response.json()).code], given).toEqual([404, "not_found"]);
    }
    for (const given of [undefined, "Bearer ", "Bearer undefined", `Bearer ${TOKEN}`]) {
      expect((await ask(undefined, given)).status, given).toBe(404);
    }
  });

  it("tells backlog and lag of each partition, and what was drained since", async () => {
    const brand = await testBrand({ tokens: 100 });
    const at = `{partition="${brand.partition}"}`;
    const before = await figures();
    expect([before.get(`metering_outbox_events${at}`), before.get(`metering_outbox_lag_seconds${at}`)]).toEqual([0, 0]);
    for (let i = 0; i < 3; i++) expect(await use(brand)).toBe(200);
    const spent = 100 - Number((await accountState(brand)).b);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const waiting = await figures();
    expect(waiting.get(`metering_outbox_events${at}`)).toBe(3);
    expect(waiting.get(`metering_outbox_lag_seconds${at}`)).toBeGreaterThan(0.29);
    expect(waiting.get(`metering_outbox_lag_seconds${at}`)).toBeLessThan(20);
    await drain(brand);
    const after = await figures();
    expect(after.get(`metering_outbox_events${at}`)).toBe(0);
    const more = (name: string) =>
      (after.get(`${name}${at}`) ?? Number.NaN) - (before.get(`${name}${at}`) ?? Number.NaN);
    expect([more("metering_drained_events_total"), more("metering_drained_tokens_total")]).toEqual([3, spent]);
    expect(after.get(`metering_last_drain_timestamp_seconds${at}`)).toBeGreaterThan(Date.now() / 1000 - 20);
    expect(after.get('connected_apps_store_up{store="postgres"}')).toBe(1);
    expect(after.get("process_resident_memory_bytes")).toBeGreaterThan(0);
  });

  it("counts epochs, those that nobody planned, and dead letters", async () => {
    const brand = await testBrand({ tokens: 100 });
    const before = await figures();
    await forget(brand);
    expect(await use(brand)).toBe(200);
    await redis().xadd(`{p${String(brand.partition).padStart(2, "0")}}:outbox`, "*", { nonsense: brand.customerId });
    await drain(brand);
    const after = await figures();
    const more = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(more("metering_epochs_total")).toBe(1);
    expect(more("metering_unplanned_epochs_total")).toBe(1);
    expect(more("metering_losses_unknown_total")).toBe(1);
    expect(more('metering_dead_letters_open{reason="poison"}')).toBe(1);
    await db().execute(
      sql`update dead_letters set resolved_at = now() where fields->>'nonsense' = ${brand.customerId}`,
    );
    expect((await figures()).get('metering_dead_letters_open{reason="poison"}')).toBe(
      before.get('metering_dead_letters_open{reason="poison"}'),
    );
  });

  it("gives what there is where a store is away, and says which", async () => {
    vi.stubEnv("UPSTASH_REDIS_REST_URL", "http://127.0.0.1:9");
    const there = await figures();
    expect(there.get('connected_apps_store_up{store="redis"}')).toBe(0);
    expect(there.get('connected_apps_store_up{store="postgres"}')).toBe(1);
    expect(there.has("metering_epochs_total")).toBe(true);
    expect([...there.keys()].some((name) => name.startsWith("metering_outbox"))).toBe(false);
  });
});
