import { setTimeout as sleep } from "node:timers/promises";
import type { Ctx } from "@/db/context";
import { accountOf, type Mode } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { balanceUnder, headOf } from "../queries";
import type { Watched } from "./contract";

/** How often an account is looked at while somebody watches it, in milliseconds. */
const EVERY_MS = 1_000;
/** How often it is told although nothing has changed, in milliseconds, so that its "as of" moves on. */
const AGAIN_MS = 5_000;

/** The account now, under a name that is the same for as long as nothing about it changes. */
async function look(ctx: Ctx, redis: Redis, mode: Mode): Promise<{ id: string; state: Watched }> {
  const head = await headOf(ctx, { mode });
  const written = `${head?.epoch ?? 0}.${head?.seq ?? 0}`;
  const now = await balanceUnder(redis, accountOf(ctx.customerId, mode), head);
  return { id: `${written}.${now.balance ?? "unlimited"}.${now.source}`, state: { balance: now, written } };
}

/**
 * The account each time it has changed, until the signal ends it. The first state comes at once, unless the caller has
 * it already: `after` is the name of the last one seen, so that a connection that was cut goes on where it ended. Where
 * nothing changes it is told again every five seconds. `allowed` is asked before each telling: who may no longer see the account
 * hears nothing more of it.
 * @throws what `allowed` and the database throw; Redis away is a state like others, told by its source
 */
export async function* watchAccount(
  ctx: Ctx,
  redis: Redis,
  input: {
    mode: Mode;
    after?: string | null | undefined;
    signal: AbortSignal | undefined;
    allowed: () => Promise<void>;
    everyMs?: number;
  },
): AsyncGenerator<{ id: string; state: Watched }, void> {
  let last = input.after;
  let told = Date.now();
  while (!input.signal?.aborted) {
    const next = await look(ctx, redis, input.mode);
    if (next.id !== last || Date.now() - told >= AGAIN_MS) {
      await input.allowed();
      yield next;
      last = next.id;
      told = Date.now();
    }
    // Ended while asleep is an end like any other.
    await sleep(input.everyMs ?? EVERY_MS, undefined, input.signal && { signal: input.signal }).catch(() => {});
  }
}
