import type { Db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { mintCustomerId } from "@/lib/ids";
import { accountsToPack } from "./queries";
import { packOver } from "./service";

/** How many accounts are looked at in one round: midnight comes for all of a time zone at once. */
const ACCOUNTS = 500;

/** After how long a round begins no further account, ms: a cron calls it too, which has other things to do. */
const ROUND_MS = 10_000;

/**
 * Packs what is over of every account, as far as one round goes, whatever becomes of one of them.
 * @returns how many days and weeks
 */
export async function packDue({ db }: { readonly db: Db }, forMs = ROUND_MS): Promise<number> {
  const end = performance.now() + forMs;
  let packed = 0;
  const errors: unknown[] = [];
  for (const { customerId, mode } of await accountsToPack(db, ACCOUNTS)) {
    const ctx: Ctx = { db, customerId: mintCustomerId(customerId), actor: { type: "system", id: "packing" } };
    if (performance.now() > end) break;
    try {
      for (let some = -1; some !== 0; packed += some) some = await packOver(ctx, { mode });
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} accounts could not be packed`);
  return packed;
}

/** What keeps days and weeks packed; see ALL_UPKEEP. */
export const PACKED_UPKEEP = [
  { name: "packing", everyMs: 60_000, run: async (deps: { readonly db: Db }) => void (await packDue(deps)) },
];
