import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { balanceReport, ledgerPage } from "@/features/metering/contract";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { refundUsage } from "@/features/metering/refunds/service";
import { accountKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf } from "@/test/ledger";
import { accountState, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { getBalance, getLedger } from "./ledger";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});

const ask = (verb: (request: Request) => Promise<Response>, query = "", headers: Record<string, string> = {}) =>
  verb(
    new Request(`http://localhost/x${query}`, {
      headers: { authorization: `Bearer ${brand.secretKey.secret}`, ...headers },
    }),
  );
const use = () => consumeWith(brand.secretKey.secret);

describe("the balance", () => {
  it("is the meter's at this moment, before anything is drained", async () => {
    await use();
    const response = await ask(getBalance);
    expect(response.status).toBe(200);
    const body = balanceReport.parse(await response.json());
    expect(body).toMatchObject({ mode: "live", balance: 95, held: 0, unlimited: false });
    expect(body.grants).toMatchObject([{ source: "adjustment", tokens: 100, remaining: 95, expires_at: null }]);
    expect(String(body.seq)).toBe((await accountState(brand)).s);
  });

  it("lists grants in the order in which they burn, and leaves out what has expired", async () => {
    const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
    const owed = (tokens: number, ms: number) =>
      owe(ctx, {
        mode: "live",
        source: "pack",
        tokens,
        expiresAt: new Date(Date.now() + ms),
        businessKey: `${tokens}:${brand.customerId}`,
      });
    await owed(7, 400);
    await owed(20, 60_000);
    await applyIntents(metering(), brand.account);
    await new Promise((resolve) => setTimeout(resolve, 450));
    const body = await (await ask(getBalance)).json();
    expect(body.balance).toBe(120);
    expect(body.grants.map((grant: { tokens: number }) => grant.tokens)).toEqual([20, 100]);
    await use();
    expect((await (await ask(getBalance)).json()).grants[0].remaining).toBe(15);
    await drain(brand);
  });

  it("brings a missing account in first", async () => {
    await redis().del(accountKey(brand.account));
    expect((await (await ask(getBalance)).json()).balance).toBe(100);
  });
});

describe("the ledger", () => {
  it("comes in pages, newest first, that neither repeat nor skip while more is written", async () => {
    for (let i = 0; i < 6; i++) await use();
    await drain(brand);
    const first = ledgerPage.parse(await (await ask(getLedger, "?limit=3")).json());
    await use();
    await drain(brand);
    const second = ledgerPage.parse(await (await ask(getLedger, `?limit=3&cursor=${first.next_cursor}`)).json());
    const third = ledgerPage.parse(await (await ask(getLedger, `?limit=3&cursor=${second.next_cursor}`)).json());
    const seqs = [...first.entries, ...second.entries, ...third.entries].map((entry) => entry.seq);
    expect(seqs).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(third.next_cursor).toBeNull();
    expect(third.entries.at(-1)).toMatchObject({ kind: "grant", delta: 100, balance_after: 100, app_id: null });
    expect(first.entries[0]).toMatchObject({
      kind: "usage",
      tokens: 5,
      delta: -5,
      balance_after: 70,
      app_id: "vto-001",
    });
  });

  it("tells which use a refund gives back", async () => {
    const { usage_id: usageId } = await (await consumeWith(brand.secretKey.secret)).json();
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId });
    await drain(brand);
    const { entries } = ledgerPage.parse(await (await ask(getLedger)).json());
    expect(entries.map((entry) => [entry.kind, entry.usage_id])).toEqual([
      ["refund", usageId],
      ["usage", usageId],
      ["grant", null],
    ]);
  });

  it("is exported whole as CSV", async () => {
    for (let i = 0; i < 3; i++) await use();
    await drain(brand);
    const response = await ask(getLedger, "", { accept: "text/csv" });
    expect(response.headers.get("content-type")).toContain("text/csv");
    const lines = (await response.text()).trimEnd().split("\r\n");
    expect(lines[0]).toBe("epoch,seq,kind,tokens,delta,balance_after,app_id,usage_id,grant_id,occurred_at");
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^1,4,usage,5,-5,85,vto-001,[0-9a-f-]{36},,\d{4}-/);
  });

  it.each([
    ["text/csv", "text/csv"],
    ["Text/CSV; header=present, */*;q=0.1", "text/csv"],
    ["application/json, text/csv", "text/csv"],
    ["application/json, text/csv;q=0.5", "application/json"],
    ["text/csv;q=0, */*", "application/json"],
    ["application/x-text/csv", "application/json"],
    ["*/*", "application/json"],
  ])("answers Accept: %s with %s", async (accept, type) => {
    const response = await ask(getLedger, "", { accept });
    expect(response.headers.get("content-type")?.split(";")[0]).toBe(type);
    await response.text();
  });

  it.each(["?cursor=x", "?cursor=1", "?cursor=-1.2", "?limit=0", "?limit=501", "?limit=1e2", "?page=2"])(
    "refuses %s and names the field",
    async (query) => {
      const response = await ask(getLedger, query);
      expect(response.status).toBe(400);
      expect((await response.json()).detail).toMatch(/cursor|limit|page/);
    },
  );

  it("shows a brand nothing of another", async () => {
    const other = await testBrand({ tokens: 50 });
    await consumeWith(other.secretKey.secret);
    await drain(other);
    const { entries } = await (await ask(getLedger)).json();
    expect(entries).toHaveLength(1);
    expect(entries[0].balance_after).toBe(100);
  });
});
