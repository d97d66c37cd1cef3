import { and, eq, gt, sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { platformBanners } from "@/db/schema/platform";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import type { BannerInput } from "./contract";

/** Tells all brands something above their pages, for a time. */
export async function putUp(ctx: StaffCtx, input: BannerInput): Promise<{ id: string }> {
  const id = uuidv7();
  await ctx.db.transaction(async (tx) => {
    await tx.insert(platformBanners).values({
      id,
      text: input.text,
      kind: input.kind,
      startsAt: new Date(input.startsAt),
      endsAt: new Date(input.endsAt),
      createdBy: ctx.staffId,
    });
    await recordAudit(tx, ctx, { action: "banner.put_up", subject: id, details: { ...input } });
  });
  return { id };
}

/** Takes a banner down before its time. @throws Refusal `not_found` where none with this id is to be seen or to come */
export async function takeDown(ctx: StaffCtx, input: { id: string }): Promise<{ id: string }> {
  await ctx.db.transaction(async (tx) => {
    const taken = await tx
      .update(platformBanners)
      // A banner that has not begun yet keeps a span; it only never comes.
      .set({ startsAt: sql`least(${platformBanners.startsAt}, now() - interval '1 second')`, endsAt: sql`now()` })
      .where(and(eq(platformBanners.id, input.id), gt(platformBanners.endsAt, sql`now()`)))
      .returning();
    if (taken.length === 0) throw new Refusal("not_found", "There is no such banner, or it has ended.");
    await recordAudit(tx, ctx, { action: "banner.taken_down", subject: input.id });
  });
  return input;
}
