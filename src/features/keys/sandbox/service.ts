import type { Ctx } from "@/db/context";
import { grantTokens } from "@/features/metering/intents/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { SANDBOX_TOKENS, sandboxMonth } from "./rules";

/**
 * Gives the brand's sandbox this month's test tokens, unless it has had them. What is left of them ends with the month.
 * @param now for tests
 */
export async function fillSandbox(ctx: Ctx, deps: ReconcileDeps, now = new Date()): Promise<void> {
  const { month, end } = sandboxMonth(now);
  await grantTokens(ctx, deps, {
    mode: "test",
    source: "adjustment",
    tokens: SANDBOX_TOKENS,
    expiresAt: end,
    businessKey: `sandbox:${ctx.customerId}:${month}`,
  });
}
