import { count, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { db } from "@/db/client";
import { ledgerEntries, lossReports } from "@/db/schema/metering";
import { seedCatalog } from "@/db/seed/catalog";
import { balance } from "@/features/metering/queries";
import { mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach } from "@/test/meter";
import { seedDemo } from "./brand";

checkedAfterEach();

it("gives the demo brand its past once, also where nothing was used before the next start", async () => {
  await seedCatalog(db());
  const origin = "http://localhost:3100";
  const { customerId, secretKey } = await seedDemo({ storefrontOrigin: origin });
  const ctx = { db: db(), customerId: mintCustomerId(customerId), actor: { type: "system", id: "test" } as const };
  const seen = async () => ({
    balance: (await balance(ctx, metering().redis, { mode: "live" })).balance,
    entries: (
      await db().select({ all: count() }).from(ledgerEntries).where(eq(ledgerEntries.customerId, customerId))
    )[0],
    losses: (await db().select({ all: count() }).from(lossReports).where(eq(lossReports.customerId, customerId)))[0],
  });
  const first = await seen();
  expect(first.balance).toBeGreaterThan(1_000);
  expect(first.losses).toEqual({ all: 0 });
  await seedDemo({ storefrontOrigin: origin, knownSecretKey: secretKey });
  expect(await seen()).toEqual(first);
});
