import { and, count, eq, gt, isNull, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { outgoingMails } from "@/db/schema/mail";
import { customers, invitations, memberships, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { queueMailTo } from "@/features/notifications/service";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { hashOfSecret, isLinkSecret, newMailLink } from "@/lib/mail-link";
import type { InviteInput } from "../contract";
import { requireStillAdmin } from "../service";

/**
 * How many invitations a brand may send a day, those sent again included: a brand of our own must be no way to send mail to
 * strangers.
 */
export const MOST_A_DAY = 50;
const INVITATION = "team.invitation";
const LIFETIME = sql`now() + interval '7 days'`;

/**
 * Invites somebody by mail. An open invitation to the same address is replaced: its link stops working.
 * @throws Refusal `invalid_request` where they belong to the team already, `rate_limited`
 */
export async function invite(ctx: Ctx, input: InviteInput): Promise<{ id: string }> {
  return ctx.db.transaction(async (tx) => {
    const brand = await requireStillAdmin(tx, ctx);
    const [there] = await tx
      .select({ userId: memberships.userId })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(and(eq(memberships.customerId, ctx.customerId), eq(sql`lower(${users.email})`, input.email)));
    if (there) throw new Refusal("invalid_request", "email: belongs to somebody of the team");
    await refuseTooMany(tx, ctx);
    const { nonce, hash } = newMailLink(env().AUTH_SECRET);
    const id = uuidv7();
    const [row] = await tx
      .insert(invitations)
      .values({
        ...{ id, customerId: ctx.customerId, email: input.email, role: input.role, hash },
        invitedBy: ctx.actor.type === "user" ? ctx.actor.id : null,
        expiresAt: LIFETIME,
      })
      .onConflictDoUpdate({
        target: [invitations.customerId, invitations.email],
        targetWhere: sql`${invitations.acceptedAt} is null and ${invitations.revokedAt} is null`,
        set: {
          role: input.role,
          hash,
          expiresAt: LIFETIME,
          createdAt: sql`now()`,
          invitedBy: ctx.actor.type === "user" ? ctx.actor.id : null,
        },
      })
      .returning({ id: invitations.id });
    if (!row) throw new Error("The invitation was not written");
    await queueMailTo(tx, {
      key: `invitation:${hash}`,
      kind: INVITATION,
      facts: { nonce, brand: brand.name, role: input.role, by: await nameOf(tx, ctx) },
      customerId: ctx.customerId,
      userId: null,
      address: input.email,
    });
    // Without the address: the log is kept when a person is erased, and finds it by the invitation as long as there is one.
    const details = { role: input.role };
    await recordAudit(tx, ctx, { action: "invitation.sent", subject: row.id, details });
    return row;
  });
}

async function refuseTooMany(tx: Tx, ctx: Ctx): Promise<void> {
  // By their mails: an invitation that is sent again is one row, however often.
  const today = and(
    eq(outgoingMails.customerId, ctx.customerId),
    eq(outgoingMails.kind, INVITATION),
    gt(outgoingMails.createdAt, sql`now() - interval '1 day'`),
  );
  const [sent] = await tx.select({ n: count() }).from(outgoingMails).where(today);
  if ((sent?.n ?? 0) >= MOST_A_DAY) {
    throw new Refusal("rate_limited", `At most ${MOST_A_DAY} invitations a day. Go on tomorrow.`);
  }
}

async function nameOf(tx: Tx, ctx: Ctx): Promise<string> {
  if (ctx.actor.type !== "user") return "";
  const [row] = await tx.select({ name: users.name }).from(users).where(eq(users.id, ctx.actor.id));
  return row?.name ?? "";
}

/** Sends an open invitation again, with a new link and a week from now; the earlier link stops working. */
export async function resendInvitation(ctx: Ctx, input: { id: string }): Promise<{ id: string }> {
  const [row] = await ctx.db
    .select({ email: invitations.email, role: invitations.role })
    .from(invitations)
    .where(openOf(ctx, input.id));
  if (!row) throw new Refusal("not_found", "There is no such invitation.");
  return invite(ctx, row);
}

/** Calls an open invitation back: its link stops working. */
export async function revokeInvitation(ctx: Ctx, input: { id: string }): Promise<{ id: string }> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(invitations)
      .set({ revokedAt: sql`now()` })
      .where(openOf(ctx, input.id))
      .returning({ id: invitations.id });
    if (!row) throw new Refusal("not_found", "There is no such invitation.");
    await recordAudit(tx, ctx, { action: "invitation.revoked", subject: row.id });
    return row;
  });
}

const openOf = (ctx: Ctx, id: string) =>
  and(
    eq(invitations.id, id),
    eq(invitations.customerId, ctx.customerId),
    isNull(invitations.acceptedAt),
    isNull(invitations.revokedAt),
  );

/** An invitation as its link shows it. */
export interface PendingInvitation {
  readonly email: string;
  readonly role: (typeof invitations.$inferSelect)["role"];
  readonly brand: string;
  readonly invitedBy: string | null;
}

const working = (secret: string) =>
  and(
    eq(invitations.hash, hashOfSecret(secret)),
    isNull(invitations.acceptedAt),
    isNull(invitations.revokedAt),
    gt(invitations.expiresAt, sql`now()`),
  );

/** What a link invites to; null where it does not work. Holding its secret is what allows this look. */
export async function pendingInvitation(db: Reader, secret: unknown): Promise<PendingInvitation | null> {
  if (!isLinkSecret(secret)) return null;
  const [row] = await db
    .select({ email: invitations.email, role: invitations.role, brand: customers.name, invitedBy: users.name })
    .from(invitations)
    .innerJoin(customers, eq(customers.id, invitations.customerId))
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(working(secret));
  return row ?? null;
}

/**
 * Takes an invitation up for a person who has just been made or signed in, in the transaction of that. Of several who try
 * at once, one succeeds.
 * @param person who takes it up; their address must be the one that was invited
 * @returns the brand, or null where the link does not work or is for somebody else
 */
export async function acceptInvitation(
  tx: Tx,
  secret: unknown,
  person: { readonly id: string; readonly email: string },
): Promise<string | null> {
  if (!isLinkSecret(secret)) return null;
  const [row] = await tx
    .update(invitations)
    .set({ acceptedAt: sql`now()` })
    .where(and(working(secret), eq(invitations.email, person.email.toLowerCase())))
    .returning({ id: invitations.id, customerId: invitations.customerId, role: invitations.role });
  if (!row) return null;
  const member = { userId: person.id, customerId: row.customerId, role: row.role };
  await tx.insert(memberships).values(member).onConflictDoNothing();
  await tx
    .update(users)
    .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
    .where(eq(users.id, person.id));
  const scope = { customerId: mintCustomerId(row.customerId), actor: { type: "user", id: person.id } } as const;
  await recordAudit(tx, scope, { action: "invitation.accepted", subject: row.id, details: { role: row.role } });
  return row.customerId;
}
