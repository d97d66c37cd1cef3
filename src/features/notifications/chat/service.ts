import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { enqueue } from "@/db/jobs";
import { chatHooks, chatPosts } from "@/db/schema/notifications";
import { customers } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { decrypt, encrypt, isCurrent, type KeyRing } from "@/lib/encryption";
import { Refusal } from "@/lib/errors";
import { type CustomerId, uuidv7 } from "@/lib/ids";
import { checkUrl, OutgoingError } from "@/lib/safe-fetch";
import { type ChatHook, MOST_HOOKS } from "../contract";

/** What is to be written into a brand's rooms. */
export interface Post {
  readonly key: string;
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  readonly href: string;
}

/** What a room's address is encrypted for; it decrypts for no other. */
export const hookPurpose = (id: string): string => `chat hook ${id}`;

/**
 * Puts a post on its way into every room of the brand, or one of them, in the transaction of what it tells.
 * @returns how many were new
 */
export async function queuePosts(
  db: Db,
  tx: Tx,
  customerId: CustomerId,
  { key, kind, title, body, href }: Post,
  after: Date | null = null,
  only?: string,
): Promise<number> {
  const hooks = await tx
    .select({ id: chatHooks.id })
    .from(chatHooks)
    .where(and(eq(chatHooks.customerId, customerId), only === undefined ? undefined : eq(chatHooks.id, only)));
  if (hooks.length === 0) return 0;
  const payload = { title, body, href };
  const made = await tx
    .insert(chatPosts)
    .values(hooks.map((hook) => ({ id: uuidv7(), customerId, hookId: hook.id, key, kind, payload })))
    .onConflictDoNothing({ target: [chatPosts.hookId, chatPosts.key] })
    .returning({ id: chatPosts.id });
  for (const { id } of made) {
    await enqueue(db, tx, "notify.chat", { customerId, postId: id }, after === null ? {} : { after });
  }
  return made.length;
}

/**
 * Gives every post that waits a job anew; for a database that came back without its jobs. Hours of quiet that it waited for are
 * forgotten: it is written now.
 * @returns how many it were
 */
export function requeuePosts(db: Db): Promise<number> {
  return db.transaction(async (tx) => {
    const waiting = await tx
      .select({ postId: chatPosts.id, customerId: chatPosts.customerId })
      .from(chatPosts)
      .where(eq(chatPosts.status, "queued"));
    for (const post of waiting) await enqueue(db, tx, "notify.chat", post);
    return waiting.length;
  });
}

/**
 * Keeps a room, its address encrypted.
 * @throws Refusal `invalid_request` where the address is none that may be asked, the name is taken, or there are five
 */
export async function addChatHook(ctx: Ctx, ring: KeyRing, input: { name: string; url: string }): Promise<ChatHook> {
  const url = allowed(input.url);
  return ctx.db.transaction(async (tx) => {
    // Two at once must not both be the fifth.
    await tx.select({ id: customers.id }).from(customers).where(eq(customers.id, ctx.customerId)).for("update");
    const there = await tx
      .select({ name: chatHooks.name })
      .from(chatHooks)
      .where(eq(chatHooks.customerId, ctx.customerId));
    if (there.length >= MOST_HOOKS) throw wrong("name", `A brand may have ${MOST_HOOKS} rooms. Remove one first.`);
    if (there.some(({ name }) => name === input.name)) throw wrong("name", "There is a room of this name already.");
    const id = uuidv7();
    const [row] = await tx
      .insert(chatHooks)
      .values({
        id,
        customerId: ctx.customerId,
        name: input.name,
        encryptedUrl: encrypt(ring, url.href, hookPurpose(id)),
        host: url.hostname.slice(0, 253),
      })
      .returning();
    await recordAudit(tx, ctx, {
      action: "chat_room.added",
      subject: id,
      details: { name: input.name, host: url.hostname },
    });
    return { id, name: input.name, host: url.hostname, createdAt: (row?.createdAt ?? new Date()).toISOString() };
  });
}

const wrong = (path: string, message: string): Refusal =>
  new Refusal("invalid_request", message, { fields: [{ path, message }] });

function allowed(text: string): URL {
  try {
    return checkUrl(text);
  } catch (error) {
    if (error instanceof OutgoingError) throw wrong("url", error.message);
    throw error;
  }
}

/** Writes the rooms' addresses anew under the ring's first key; for operators. @returns how many it were */
export async function rotateChatHooks(db: Db, ring: KeyRing): Promise<number> {
  const rows = await db.select().from(chatHooks);
  const old = rows.filter(({ encryptedUrl }) => !isCurrent(ring, encryptedUrl));
  for (const { id, encryptedUrl } of old) {
    const url = decrypt(ring, encryptedUrl, hookPurpose(id));
    await db
      .update(chatHooks)
      .set({ encryptedUrl: encrypt(ring, url, hookPurpose(id)) })
      .where(and(eq(chatHooks.id, id), eq(chatHooks.encryptedUrl, encryptedUrl)));
  }
  return old.length;
}

/** Forgets a room and what was to be written into it. @throws Refusal `not_found` */
export async function removeChatHook(ctx: Ctx, input: { id: string }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [gone] = await tx
      .delete(chatHooks)
      .where(and(eq(chatHooks.id, input.id), eq(chatHooks.customerId, ctx.customerId)))
      .returning({ name: chatHooks.name });
    if (!gone) throw new Refusal("not_found", "There is no such room.");
    await recordAudit(tx, ctx, { action: "chat_room.removed", subject: input.id, details: { name: gone.name } });
  });
}

/** Writes a test into a room; at most one a minute. @throws Refusal `not_found`, `rate_limited` */
export async function testChatHook(ctx: Ctx, input: { id: string }): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [hook] = await tx
      .select({ id: chatHooks.id, minute: sql<string>`to_char(now() at time zone 'UTC', 'YYYYMMDDHH24MI')` })
      .from(chatHooks)
      .where(and(eq(chatHooks.id, input.id), eq(chatHooks.customerId, ctx.customerId)));
    if (!hook) throw new Refusal("not_found", "There is no such room.");
    const post = {
      key: `test:${hook.minute}`,
      kind: "test",
      title: "Test",
      body: "If you can read this, alerts reach this room.",
      href: "/usage/alerts",
    };
    const sent = await queuePosts(ctx.db, tx, ctx.customerId, post, null, input.id);
    if (sent === 0) {
      throw new Refusal("rate_limited", "A test was sent a moment ago. Wait a minute.", { retryAfter: 60 });
    }
  });
}
