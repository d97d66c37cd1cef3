import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { identities, users } from "@/db/schema/people";
import { env } from "@/lib/env";
import { secretOfNonce } from "@/lib/mail-link";
import { personName } from "./forms";
import { issueLink } from "./links";
import { recordOfPerson } from "./recovery";
import { type Browser, findPerson, openSessionIn } from "./store";
import type { SessionToken } from "./token";

/**
 * What Google says of somebody, in an ID token that came straight from its token endpoint: its TLS vouches for it there,
 * as OpenID Connect allows, and issuer, audience, nonce and time were checked.
 */
const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().trim().toLowerCase().max(254),
  email_verified: z.literal(true),
  name: z.string().optional(),
  /** The Workspace that the account belongs to. */
  hd: z.string().optional(),
});

/** What becomes of somebody who comes from Google. */
export type FromGoogle =
  | { readonly kind: "in"; readonly session: SessionToken }
  /** Nobody with that address yet: the secret of a sign-up that only wants the brand's name. */
  | { readonly kind: "new"; readonly secret: string }
  | { readonly kind: "refused" };

/**
 * Google is the authority on an address of its own or of one of its Workspaces. Of any other it only knows that the address
 * was confirmed there once, perhaps by somebody who has it no more.
 */
const isAuthority = ({ email, hd }: z.infer<typeof claims>): boolean =>
  /@(?:gmail|googlemail)\.com$/.test(email) || (hd !== undefined && email.endsWith(`@${hd.toLowerCase()}`));

/**
 * Lets somebody in whom Google vouches for: by Google's own id of them, which never changes hands; the first time by the
 * address, where Google is the authority on it.
 */
export async function enterFromGoogle(db: Db, profile: unknown, browser: Browser): Promise<FromGoogle> {
  const parsed = claims.safeParse(profile);
  if (!parsed.success) return { kind: "refused" };
  const { sub: subject, email, name } = parsed.data;
  return db.transaction(async (tx) => {
    const [known] = await tx
      .select({ userId: identities.userId })
      .from(identities)
      .where(and(eq(identities.provider, "google"), eq(identities.subject, subject)));
    const person = known ? null : await findPerson(tx, email);
    if (!known && !person) {
      if (!isAuthority(parsed.data)) return { kind: "refused" };
      const shown = personName.safeParse(name);
      const details = { name: shown.success ? shown.data : "", identity: { provider: "google", subject } };
      const nonce = await issueLink(tx, { purpose: "sign_up", address: email, userId: null, details });
      return { kind: "new", secret: secretOfNonce(env().AUTH_SECRET, nonce) };
    }
    const userId = known?.userId ?? person?.id ?? "";
    if (!known) {
      if (!isAuthority(parsed.data)) return { kind: "refused" };
      await tx.insert(identities).values({ provider: "google", subject, userId }).onConflictDoNothing();
      await tx
        .update(users)
        .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
        .where(eq(users.id, userId));
      await recordOfPerson(tx, userId, { action: "person.google_linked" });
    }
    const sessionId = await openSessionIn(tx, userId, browser);
    return sessionId === null ? { kind: "refused" } : { kind: "in", session: { sessionId, userId } };
  });
}
