import { and, eq, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { finishJob, type Job, type JobData, QUEUES } from "@/db/jobs";
import { chatHooks, chatPosts } from "@/db/schema/notifications";
import { customers } from "@/db/schema/people";
import { decrypt, type KeyRing } from "@/lib/encryption";
import { logger } from "@/lib/logger";
import { OutgoingError, safeFetch } from "@/lib/safe-fetch";
import { chatText } from "../rules";
import { hookPurpose } from "./service";

export interface ChatJob extends JobData {
  readonly postId: string;
}

export interface ChatDeps {
  readonly db: Db;
  readonly ring: KeyRing;
  /** Where people reach the web app, without a slash at the end. */
  readonly url: string;
  /** The way out; a test's own. */
  readonly post?: typeof safeFetch;
}

/** Answers after which it is no use to try again: the room is gone, or will not have us. */
const FOR_GOOD: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410]);
const TIMEOUT_MS = 10_000;

/**
 * Writes one post into its room. A post that was sent is not sent again, however often its job comes: only a kill between
 * the tool's yes and our note of it writes it twice, which is the best that a hook without a memory can promise.
 * @throws where a later attempt may succeed
 */
export async function deliverPost(deps: ChatDeps, job: Job<ChatJob>): Promise<void> {
  const { db } = deps;
  const { postId, customerId } = job.data;
  const [post] = await db
    .update(chatPosts)
    .set({ attempts: sql`${chatPosts.attempts} + 1` })
    .from(chatHooks)
    .innerJoin(customers, eq(customers.id, chatHooks.customerId))
    .where(
      and(
        eq(chatPosts.id, postId),
        eq(chatPosts.customerId, customerId),
        eq(chatPosts.status, "queued"),
        eq(chatHooks.id, chatPosts.hookId),
      ),
    )
    .returning({
      hookId: chatHooks.id,
      sealed: chatHooks.encryptedUrl,
      payload: chatPosts.payload,
      attempts: chatPosts.attempts,
      brand: customers.name,
    });
  // Sent already, given up, or its room was removed.
  if (!post) return finishJob(db, "notify.chat", job.id);
  const settle = (status: "sent" | "failed" | "queued", error: string | null, over: boolean) =>
    db.transaction(async (tx) => {
      await tx
        .update(chatPosts)
        .set({ status, lastError: error, ...(status === "sent" ? { sentAt: sql`now()` } : {}) })
        .where(eq(chatPosts.id, postId));
      if (over) await finishJob(db, "notify.chat", job.id, tx);
    });
  try {
    const url = decrypt(deps.ring, post.sealed, hookPurpose(post.hookId));
    const { status, body } = await (deps.post ?? safeFetch)(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: chatText(post.payload, post.brand, deps.url) }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: 4_096,
      overflow: "cut",
    });
    if (status >= 200 && status < 300) return await settle("sent", null, true);
    const words = body.toString("utf8").replace(/\s+/g, " ").slice(0, 200);
    const why = `The chat tool answered ${status}${words && !words.startsWith("<") ? `: ${words}` : ""}`;
    if (FOR_GOOD.has(status)) return await settle("failed", why, true);
    throw new Error(why);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 500) : String(error);
    const refused = error instanceof OutgoingError && error.reason === "address_refused";
    const last = post.attempts > QUEUES["notify.chat"].retryLimit;
    logger.warn({ post: postId, attempt: post.attempts, why }, "a chat message was not taken");
    await settle(refused || last ? "failed" : "queued", why, refused);
    if (!refused) throw error;
  }
}
