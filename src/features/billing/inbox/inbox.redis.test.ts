import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { stripeEvents, tokenPurchases } from "@/db/schema/billing";
import { applyIntents } from "@/features/metering/intents/service";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, drain, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payAt, payerOf } from "@/test/stripe";
import { checkout } from "../checkout/service";
import { overview } from "../queries";
import { receive } from "./service";

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

const POINTS = ["read", "kept", "applied", "committed"] as const;

it.each(POINTS)("a crash at any step loses and doubles nothing: %s", async (point) => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await newEvents();
  await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
  const paid = (await newEvents()).find(({ type }) => type === "payment_intent.succeeded");
  if (!paid) throw new Error("nothing was paid");
  const bought = () => db().select().from(tokenPurchases).where(eq(tokenPurchases.customerId, brand.customerId));
  const dying = {
    ...inbox(),
    between: (at: string) => {
      if (at === point) throw new Error(`died at ${at}`);
    },
  };
  await receive(dying, paid);
  // Before the commit nothing of it is there, the inbox's row as little as the purchase.
  expect(await bought()).toHaveLength(point === "committed" ? 1 : 0);
  expect((await db().select().from(stripeEvents).where(eq(stripeEvents.id, paid.id)))[0]?.status).toBe(
    point === "committed" ? "done" : "failed",
  );
  for (let n = 0; n < 2; n++) await receive(inbox(), paid);
  expect(await bought()).toMatchObject([{ status: "completed" }]);
  // Where it died right after the commit, the worker carries out what was promised.
  await applyIntents(metering(), brand.account);
  await drain(brand);
  expect((await overview(ctx, metering())).balance).toBe(1_000);
});
