import { desc, eq, or, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { users } from "@/db/schema/people";
import { env } from "@/lib/env";
import { secretOfNonce } from "@/lib/mail-link";

/** Mails queued for an address, the newest first, with the secret that each one's link will carry. */
export async function queuedFor(address: string): Promise<{ kind: string; secret: string }[]> {
  const rows = await db()
    .select({ kind: outgoingMails.kind, facts: outgoingMails.facts })
    .from(outgoingMails)
    .leftJoin(users, eq(users.id, outgoingMails.userId))
    .where(or(eq(outgoingMails.address, address), eq(sql`coalesce(${outgoingMails.address}, ${users.email})`, address)))
    .orderBy(desc(outgoingMails.id));
  return rows.map(({ kind, facts }) => ({
    kind,
    secret: typeof facts.nonce === "string" ? secretOfNonce(env().AUTH_SECRET, facts.nonce) : "",
  }));
}

/** The secret of the newest link mailed to an address. */
export async function mailedSecret(address: string): Promise<string> {
  const found = (await queuedFor(address)).find(({ secret }) => secret !== "");
  if (!found) throw new Error(`no link was mailed to ${address}`);
  return found.secret;
}
