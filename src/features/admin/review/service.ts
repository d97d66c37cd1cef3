import { and, eq } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { signDismissals } from "@/db/schema/platform";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import type { DismissInput, RecallInput } from "./contract";
import { signsOf } from "./queries";

/**
 * Puts a sign aside with the reason, for all of the staff. Written to the staff's own log: a brand is not told that it was
 * looked at where nothing came of it and nothing of it was opened.
 * @throws Refusal `not_found` for a sign that is not to be seen, or that somebody has put aside already
 */
export async function dismissSign(ctx: StaffCtx, input: DismissInput): Promise<{ sign: string }> {
  const { signs } = await signsOf(ctx, { dismissed: false });
  const seen = signs.find(({ id, customerId }) => id === input.sign && customerId === input.customerId);
  if (!seen) throw new Refusal("not_found", "There is no such sign, or somebody has put it aside.");
  await ctx.db.transaction(async (tx) => {
    const made = await tx
      .insert(signDismissals)
      .values({ customerId: input.customerId, sign: input.sign, reason: input.reason, staffId: ctx.staffId })
      .onConflictDoNothing()
      .returning();
    if (made.length === 0) throw new Refusal("not_found", "Somebody has put it aside already.");
    await recordAudit(tx, ctx, {
      action: "support.sign_dismissed",
      subject: input.customerId,
      details: { sign: input.sign, what: seen.title, reason: input.reason },
    });
  });
  return { sign: input.sign };
}

/**
 * Brings a sign back that was put aside, for all of the staff. The log keeps both.
 * @throws Refusal `not_found` where nobody has put it aside
 */
export async function recallSign(ctx: StaffCtx, input: RecallInput): Promise<{ sign: string }> {
  await ctx.db.transaction(async (tx) => {
    const of = and(eq(signDismissals.customerId, input.customerId), eq(signDismissals.sign, input.sign));
    const [was] = await tx.delete(signDismissals).where(of).returning();
    if (!was) throw new Refusal("not_found", "It is not put aside.");
    await recordAudit(tx, ctx, {
      action: "support.sign_recalled",
      subject: input.customerId,
      details: { sign: input.sign, putAsideFor: was.reason },
    });
  });
  return { sign: input.sign };
}
