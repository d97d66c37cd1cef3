import { and, eq, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { deadJobs, enqueue, reviveJob } from "@/db/jobs";
import { outgoingMails } from "@/db/schema/mail";
import { chatPosts } from "@/db/schema/notifications";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import type { Failure } from "../contract";
import { postOf } from "./queries";

/**
 * Has something that was given up tried again, with all its attempts.
 * @throws Refusal `not_found` where the brand has no such failure, or it is on its way again already
 */
export async function retryFailure(ctx: Ctx, input: Pick<Failure, "source" | "id">): Promise<void> {
  const again = { email: retryMail, chat: retryPost, job: reviveLetter }[input.source];
  if (!(await again(ctx, input.id))) throw new Refusal("not_found", "There is no such failure any more.");
}

const noted = (id: string, source: string) => ({ action: "delivery.retried", subject: id, details: { source } });

const retryMail = (ctx: Ctx, id: string): Promise<boolean> =>
  ctx.db.transaction(async (tx) => {
    const [mail] = await tx
      .update(outgoingMails)
      .set({ status: "queued", attempts: 0, dueAt: sql`now()`, createdAt: sql`now()` })
      .where(
        and(eq(outgoingMails.id, id), eq(outgoingMails.customerId, ctx.customerId), eq(outgoingMails.status, "failed")),
      )
      .returning({ id: outgoingMails.id });
    if (mail) await recordAudit(tx, ctx, noted(id, "email"));
    return mail !== undefined;
  });

async function retryPost(ctx: Ctx, id: string): Promise<boolean> {
  const letters = await deadJobs(ctx.db, ctx.customerId);
  const letter = letters.find((each) => postOf(each) === id);
  const own = and(eq(chatPosts.id, id), eq(chatPosts.customerId, ctx.customerId));
  return ctx.db.transaction(async (tx) => {
    const [post] = await tx
      .update(chatPosts)
      .set({ status: "queued", attempts: 0, lastError: null })
      .where(and(own, letter ? sql`${chatPosts.status} <> 'sent'` : eq(chatPosts.status, "failed")))
      .returning({ id: chatPosts.id });
    if (!post) return false;
    await recordAudit(tx, ctx, noted(id, "chat"));
    // The job that was given up goes on, where there is one; a room that said no for good had its job finished.
    if (!letter || !(await reviveJob(ctx.db, ctx.customerId, letter.id))) {
      await enqueue(ctx.db, tx, "notify.chat", { customerId: ctx.customerId, postId: id });
    }
    return true;
  });
}

async function reviveLetter(ctx: Ctx, id: string): Promise<boolean> {
  if (!(await reviveJob(ctx.db, ctx.customerId, id))) return false;
  await ctx.db.transaction((tx) => recordAudit(tx, ctx, noted(id, "job")));
  return true;
}
