import { beforeEach, describe, expect, it } from "vitest";
import { applyIntents } from "@/features/metering/intents/service";
import { liveAccount } from "@/features/metering/queries";
import { accountOf } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { ctxOf } from "@/test/ledger";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { createKeyInput } from "../contract";
import { createKey } from "../service";
import { fillSandboxes } from "./jobs";
import { SANDBOX_TOKENS } from "./rules";
import { fillSandbox } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 3 });
});
checkedAfterEach();

const key = (mode: "live" | "test") => {
  const input = { name: "Server", kind: "sk", mode, scopes: ["tokens:consume"] };
  return createKey(ctxOf(brand), createKeyInput.parse(input));
};
const balance = async (mode: "live" | "test") => (await liveAccount(ctxOf(brand), metering(), { mode })).balance;

describe("a brand's sandbox", () => {
  it("is filled once a month, however often and by however many it is asked", async () => {
    await key("test");
    await Promise.all([1, 2, 3].map(() => fillSandbox(ctxOf(brand), metering())));
    await fillSandboxes(metering());
    await applyIntents(metering(), accountOf(brand.customerId, "test"));
    expect(await balance("test")).toBe(SANDBOX_TOKENS);
  });

  it("is what test keys spend, and live tokens are not", async () => {
    const { secret } = await key("test");
    expect((await consumeWith(secret, { body: { app_id: "pdc-001" } })).status).toBe(402);
    await fillSandboxes(metering());
    expect((await consumeWith(secret, { body: { app_id: "pdc-001" } })).status).toBe(200);
    expect([await balance("test"), await balance("live")]).toEqual([SANDBOX_TOKENS - 1, 3]);
    await drain(brand);
  });

  it("is not filled for a brand without a test key in force", async () => {
    await key("live");
    await fillSandboxes(metering());
    expect(await balance("test")).toBe(0);
  });

  it("begins the next month anew: what was left of the last is gone with it", async () => {
    await key("test");
    const end = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1));
    await fillSandbox(ctxOf(brand), metering());
    await fillSandboxes(metering(), end);
    const { grants } = await liveAccount(ctxOf(brand), metering(), { mode: "test" });
    expect(grants.map(({ expires_at }) => expires_at)).toEqual([
      end.toISOString(),
      new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 1)).toISOString(),
    ]);
  });
});
