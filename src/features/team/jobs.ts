import { and, isNotNull, isNull, lt, ne, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { invitations } from "@/db/schema/people";

/** How long the address of somebody without an account is kept after it was of use. Invitations can be renewed for so long. */
const KEPT = sql`interval '30 days'`;

/**
 * Forgets addresses of people who have no account: of invitations that nobody took up, and of mails to an address alone,
 * which anybody may have typed.
 */
export async function forgetAddresses({ db }: { readonly db: Db }): Promise<void> {
  await db
    .delete(invitations)
    .where(and(isNull(invitations.acceptedAt), lt(invitations.expiresAt, sql`now() - ${KEPT}`)));
  await db
    .delete(outgoingMails)
    .where(
      and(
        isNull(outgoingMails.userId),
        isNotNull(outgoingMails.address),
        ne(outgoingMails.status, "queued"),
        lt(outgoingMails.createdAt, sql`now() - ${KEPT}`),
      ),
    );
}
