import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { outgoingMails } from "@/db/schema/mail";
import { chatPosts, notificationPreferences, notifications } from "@/db/schema/notifications";
import { memberships } from "@/db/schema/people";
import { type CustomerId, uuidv7 } from "@/lib/ids";
import { queuePosts } from "./chat/service";
import type { Mode, NotificationKind, Tone } from "./contract";
import { usualMode } from "./rules";

type Role = "viewer" | "manager" | "admin";

/** A mail as the feature that has something to tell hands it over. */
export interface Mail {
  /** What it tells of, such as `receipt:in_123`; at most 200 characters. The same key is told to the same person once. */
  readonly key: string;
  /** Which template, such as `billing.receipt`. */
  readonly kind: string;
  /** What the template is filled with, as JSON. */
  readonly facts: Record<string, unknown>;
  /** Who of the brand gets it. */
  readonly roles: readonly Role[];
}

/**
 * Puts a mail on its way to everybody of the brand who has one of the roles. Takes the transaction of what the mail tells,
 * so that neither happens without the other; a second call with the same key changes nothing.
 */
export async function queueMail(tx: Tx, customerId: CustomerId, mail: Mail): Promise<void> {
  const people = await peopleOf(tx, customerId, mail.roles);
  await mailTo(
    tx,
    customerId,
    people.map(({ userId }) => userId),
    mail,
  );
}

const peopleOf = (tx: Tx, customerId: CustomerId, roles: readonly Role[]) =>
  tx
    .select({ userId: memberships.userId, role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.customerId, customerId), inArray(memberships.role, [...roles])));

/** Puts a mail on its way to some people. @param after not before this moment */
export async function mailTo(
  tx: Tx,
  customerId: CustomerId,
  userIds: readonly string[],
  { key, kind, facts }: Omit<Mail, "roles">,
  after: Date | null = null,
): Promise<void> {
  if (userIds.length === 0) return;
  const due = after === null ? {} : { dueAt: after };
  await tx
    .insert(outgoingMails)
    .values(userIds.map((userId) => ({ id: uuidv7(), customerId, userId, key, kind, facts, ...due })))
    .onConflictDoNothing({ target: [outgoingMails.customerId, outgoingMails.key, outgoingMails.userId] });
}

/** Takes back what was not sent yet of a brand's mails to somebody who leaves it; what was given up too, or it could be tried again. */
export async function takeMailsBack(tx: Tx, customerId: CustomerId, userId: string): Promise<void> {
  await tx
    .delete(outgoingMails)
    .where(
      and(eq(outgoingMails.customerId, customerId), eq(outgoingMails.userId, userId), ne(outgoingMails.status, "sent")),
    );
}

/** A mail to one person, or to an address behind which there is no account yet. */
export interface MailToOne extends Omit<Mail, "roles"> {
  /** The brand it tells of, if any. */
  readonly customerId: string | null;
  readonly userId: string | null;
  /** Where it goes; without it, to the person's own address of the day it is sent. */
  readonly address?: string;
}

/** Puts a mail to one person or address on its way, in the transaction of what it tells. */
export async function queueMailTo(tx: Tx, mail: MailToOne): Promise<void> {
  await tx
    .insert(outgoingMails)
    .values({ id: uuidv7(), ...mail, address: mail.address ?? null })
    .onConflictDoNothing({ target: [outgoingMails.customerId, outgoingMails.key, outgoingMails.userId] });
}

/** Something to tell a brand's people, in words. */
export interface News {
  /** What it tells of; the same key is told to the same person, and into the same room, once. */
  readonly key: string;
  readonly kind: NotificationKind;
  readonly tone: Tone;
  /** At most 200 characters. */
  readonly title: string;
  readonly body: string;
  /** The page on which something can be done about it, as a path, and what the way there is called. */
  readonly href: string;
  readonly action: string;
  /** Figures with their names, for the mail. */
  readonly figures?: readonly (readonly [name: string, value: string])[];
  readonly roles: readonly Role[];
  /** Only this person of them, and no room: a test. */
  readonly only?: string;
  /** False where another mail tells it already. */
  readonly mailed?: boolean;
  /** A mail of its own in place of the usual one: its template, and what that is filled with. */
  readonly mail?: Pick<Mail, "kind" | "facts">;
  /** Mails and rooms wait until then: quiet hours. The app does not, because it disturbs nobody. */
  readonly after?: Date | null;
  /** When the next digest goes out. */
  readonly digestAt: Date;
}

/**
 * Tells a brand's people something: each in the ways that they have chosen, and the brand's rooms. Takes the transaction of
 * what it tells, so that neither happens without the other; a second call with the same key changes nothing.
 */
export async function tell(db: Db, tx: Tx, customerId: CustomerId, news: News): Promise<void> {
  const { key, kind, tone, title, body, href, action, figures = [], after = null } = news;
  const people = (await peopleOf(tx, customerId, news.roles)).filter(
    ({ userId }) => news.only === undefined || userId === news.only,
  );
  const chosen = await choices(tx, customerId, kind);
  const of = (person: { userId: string; role: Role }, channel: "app" | "email"): Mode =>
    chosen.get(`${person.userId} ${channel}`) ?? usualMode(person.role, channel);
  const rows = people.flatMap((person) => {
    const shown = of(person, "app") !== "off";
    const digest = of(person, "email") === "digest" && news.mailed !== false;
    if (!shown && !digest) return [];
    const { userId } = person;
    const digestAt = digest ? news.digestAt : null;
    return [{ id: uuidv7(), customerId, userId, key, kind, tone, title, body, href, shown, digestAt }];
  });
  if (rows.length > 0) {
    await tx
      .insert(notifications)
      .values(rows)
      .onConflictDoNothing({ target: [notifications.customerId, notifications.userId, notifications.key] });
  }
  if (news.mailed !== false) {
    const usual = { kind: "notifications.notice", facts: { title, body, href, action, tone, figures } };
    const mailed = people.filter((person) => of(person, "email") === "now").map(({ userId }) => userId);
    await mailTo(tx, customerId, mailed, { key, ...(news.mail ?? usual) }, after);
  }
  if (news.only === undefined) await queuePosts(db, tx, customerId, { key, kind, title, body, href }, after);
}

/**
 * Takes back what nobody has tried to send yet of the mails and posts under a key, such as what waits for the end of quiet
 * hours: it is so no more. The app keeps what was told, and so does a digest, which says of each when it was.
 */
export async function takeBack(tx: Tx, customerId: CustomerId, key: string): Promise<void> {
  for (const table of [outgoingMails, chatPosts]) {
    const untried = and(eq(table.status, "queued"), eq(table.attempts, 0));
    await tx.delete(table).where(and(eq(table.customerId, customerId), eq(table.key, key), untried));
  }
}

async function choices(tx: Tx, customerId: CustomerId, kind: NotificationKind): Promise<Map<string, Mode>> {
  const rows = await tx
    .select()
    .from(notificationPreferences)
    .where(and(eq(notificationPreferences.customerId, customerId), eq(notificationPreferences.kind, kind)));
  return new Map(rows.map((row) => [`${row.userId} ${row.channel}`, row.mode]));
}

/** Marks a person's notifications as read, or as unread again; without ids all of them. */
export async function markRead(ctx: Ctx, input: { ids?: readonly string[]; unread?: boolean }): Promise<void> {
  const { unread = false } = input;
  await ctx.db
    .update(notifications)
    .set({ readAt: unread ? null : sql`now()` })
    .where(
      and(
        eq(notifications.customerId, ctx.customerId),
        eq(notifications.userId, ctx.actor.id),
        input.ids ? inArray(notifications.id, [...input.ids]) : undefined,
        unread ? undefined : isNull(notifications.readAt),
      ),
    );
}

/** Keeps how the person wants to be told of one kind of thing. */
export async function setPreference(
  ctx: Ctx,
  input: { kind: NotificationKind; channel: "app" | "email"; mode: Mode },
): Promise<void> {
  const { kind, channel, mode } = input;
  await ctx.db
    .insert(notificationPreferences)
    .values({ customerId: ctx.customerId, userId: ctx.actor.id, kind, channel, mode })
    .onConflictDoUpdate({
      target: [
        notificationPreferences.customerId,
        notificationPreferences.userId,
        notificationPreferences.kind,
        notificationPreferences.channel,
      ],
      set: { mode },
    });
}

/** Has mails that were given up tried again, with three days from now; for operators. Without ids, all of them. */
export async function retryMails(db: Db, ids?: readonly string[]): Promise<number> {
  const again = await db
    .update(outgoingMails)
    .set({ status: "queued", attempts: 0, dueAt: sql`now()`, createdAt: sql`now()` })
    .where(and(eq(outgoingMails.status, "failed"), ids ? inArray(outgoingMails.id, [...ids]) : undefined))
    .returning({ id: outgoingMails.id });
  return again.length;
}
