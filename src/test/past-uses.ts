import { expect } from "vitest";
import { unpackEvent } from "@/features/metering/ledger/rules";
import { outboxKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { consumeWith, drain, type TestBrand } from "./meter";

export interface PastUse {
  readonly at: string;
  readonly app?: string;
  readonly tokens?: number;
  readonly session?: string;
  readonly metadata?: Record<string, string | number | boolean>;
}

/** Uses that happened when they say: real ones, whose events say other times before they are drained at once. */
export async function usedBefore(brand: TestBrand, uses: readonly PastUse[]): Promise<void> {
  await drain(brand);
  for (const { app = "vto-001", tokens, session, metadata } of uses) {
    const body = {
      app_id: app,
      ...(tokens && { tokens_consumed: tokens }),
      ...(session && { session_id: session }),
      ...(metadata && { metadata }),
    };
    expect((await consumeWith(brand.secretKey.secret, { body })).status).toBe(200);
  }
  const outbox = outboxKey(brand.partition);
  const events = (await redis().xrange(outbox, "-", "+")) as unknown as [string, string[]][];
  expect(events).toHaveLength(uses.length);
  for (const [i, [id, flat]] of events.entries()) {
    const pairs = Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
    await redis().xdel(outbox, id);
    await redis().xadd(outbox, "*", {
      ...unpackEvent(Object.fromEntries(pairs)),
      n: String(Date.parse(uses[i]?.at ?? "")),
    });
  }
  await drain(brand);
}

/** Some uses a day for some days, each of another hour, product and shopper. */
export const scattered = (from: string, days: number): PastUse[] =>
  Array.from({ length: days * 2 }, (_, i) => ({
    at: new Date(Date.parse(`${from}T00:10:00Z`) + i * 12 * 3_600_000 + (i % 7) * 4_000_000).toISOString(),
    app: i % 3 === 0 ? "pdc-001" : "vto-001",
    ...(i % 4 !== 0 && { session: `visit-${i % 9}` }),
    metadata: {
      ...(i % 5 !== 0 && { product_id: `frame-${i % 11}` }),
      ...(i % 6 === 0 && { country: i % 12 === 0 ? "DE" : "CA" }),
      ...(i % 2 === 0 && { processing_time_ms: 100 + i }),
    },
  }));
