import { asc, eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { chatHooks } from "@/db/schema/notifications";
import { type KeyRing, keyRing } from "@/lib/encryption";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import type { ChatHook } from "../contract";

let read: KeyRing | undefined;

/** The keys under which the rooms' addresses lie in the database. */
export function ring(): KeyRing {
  const { ENCRYPTION_KEYS: keys } = env();
  if (!keys) throw new Refusal("invalid_request", "Chat rooms are not set up here: there are no ENCRYPTION_KEYS.");
  read ??= keyRing(keys);
  return read;
}

/** The brand's rooms, without their addresses. */
export async function listChatHooks(ctx: Ctx): Promise<ChatHook[]> {
  const rows = await ctx.db
    .select()
    .from(chatHooks)
    .where(eq(chatHooks.customerId, ctx.customerId))
    .orderBy(asc(chatHooks.createdAt));
  return rows.map(({ id, name, host, createdAt }) => ({ id, name, host, createdAt: createdAt.toISOString() }));
}
