import { and, desc, eq, inArray, isNotNull, or } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { type DeadJob, deadJobs } from "@/db/jobs";
import { outgoingMails } from "@/db/schema/mail";
import { chatHooks, chatPosts } from "@/db/schema/notifications";
import { users } from "@/db/schema/people";
import type { Failure } from "../contract";

const MOST = 100;

/** What did not reach the brand's people and rooms, and work for it that was given up; newest first. */
export async function listFailures(ctx: Ctx): Promise<Failure[]> {
  const letters = await deadJobs(ctx.db, ctx.customerId);
  const dead = new Map(letters.flatMap((letter) => (postOf(letter) ? [[postOf(letter) ?? "", letter] as const] : [])));
  const found = [
    ...(await mails(ctx)),
    ...(await posts(ctx, dead)),
    ...letters.filter((letter) => !postOf(letter)).map(jobFailure),
  ];
  return found.toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, MOST);
}

/** Which post a given-up job was to write; null for another kind of job. */
export const postOf = ({ queue, data }: DeadJob): string | null =>
  queue === "notify.chat" && "postId" in data ? String(data.postId) : null;

async function mails(ctx: Ctx): Promise<Failure[]> {
  const rows = await ctx.db
    .select({ mail: outgoingMails, address: users.email })
    .from(outgoingMails)
    .innerJoin(users, eq(users.id, outgoingMails.userId))
    .where(
      and(
        eq(outgoingMails.customerId, ctx.customerId),
        or(
          eq(outgoingMails.status, "failed"),
          and(eq(outgoingMails.status, "queued"), isNotNull(outgoingMails.lastError)),
        ),
      ),
    )
    .orderBy(desc(outgoingMails.createdAt))
    .limit(MOST);
  return rows.map(({ mail, address }) => ({
    id: mail.id,
    source: "email" as const,
    what: typeof mail.facts.title === "string" ? mail.facts.title : (MAILS[mail.kind] ?? "Mail"),
    to: address,
    status: mail.status === "failed" ? ("failed" as const) : ("retrying" as const),
    attempts: mail.attempts,
    error: mail.lastError,
    at: mail.createdAt.toISOString(),
    nextAt: mail.status === "failed" ? null : mail.dueAt.toISOString(),
  }));
}

/** Mails that do not carry their own title. */
const MAILS: Readonly<Record<string, string>> = {
  "notifications.digest": "Daily digest",
  "billing.receipt": "Receipt",
  "billing.renewal_ahead": "Renewal ahead",
  "billing.payment_failed": "Payment failed",
  "billing.card_expiring": "Card expires",
  "billing.plan_changed": "Plan changed",
  "billing.top_up_done": "Auto top-up",
  "billing.top_up_failed": "Auto top-up failed",
  "billing.low_balance": "Low balance",
  "billing.use_reached": "Use reached",
  "billing.cancelled": "Plan cancelled",
};

async function posts(ctx: Ctx, dead: ReadonlyMap<string, DeadJob>): Promise<Failure[]> {
  const rows = await ctx.db
    .select({ post: chatPosts, room: chatHooks.name })
    .from(chatPosts)
    .innerJoin(chatHooks, eq(chatHooks.id, chatPosts.hookId))
    .where(
      and(
        eq(chatPosts.customerId, ctx.customerId),
        or(
          eq(chatPosts.status, "failed"),
          and(eq(chatPosts.status, "queued"), isNotNull(chatPosts.lastError)),
          dead.size > 0 ? and(eq(chatPosts.status, "queued"), inArray(chatPosts.id, [...dead.keys()])) : undefined,
        ),
      ),
    )
    .orderBy(desc(chatPosts.createdAt))
    .limit(MOST);
  return rows.map(({ post, room }) => ({
    id: post.id,
    source: "chat" as const,
    what: post.payload.title,
    to: room,
    // A job that died with its worker every time never came to say so on its post.
    status: post.status === "failed" || dead.has(post.id) ? ("failed" as const) : ("retrying" as const),
    attempts: post.attempts,
    error: post.lastError ?? dead.get(post.id)?.error ?? null,
    at: post.createdAt.toISOString(),
    nextAt: null,
  }));
}

const JOBS: Readonly<Record<string, string>> = { "alerts.evaluate": "Check of your alerts" };

const jobFailure = (letter: DeadJob): Failure => ({
  id: letter.id,
  source: "job",
  what: JOBS[letter.queue] ?? "Work in the background",
  to: null,
  status: "failed",
  attempts: null,
  // What a database or a bug says is ours to read, not a brand's.
  error: null,
  at: letter.diedAt.toISOString(),
  nextAt: null,
});
