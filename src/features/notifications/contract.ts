import { z } from "zod";

/** Everything that people are told of beside money's own mails, and how a page calls it. */
export const KINDS = [
  "plan_used",
  "low_balance",
  "forecast",
  "unusual",
  "cap_reached",
  "payment_failed",
  "key_refused",
  "key_revoked",
  "webhook_disabled",
] as const;
export const notificationKind = z.enum(KINDS);
export type NotificationKind = z.infer<typeof notificationKind>;

/** How bad it is: something to know, something that will stop, something that has. */
export const tone = z.enum(["info", "soon", "stopped"]);
export type Tone = z.infer<typeof tone>;

/** How a person is told: at once, together with others once a day, or not at all. */
export const mode = z.enum(["now", "digest", "off"]);
export type Mode = z.infer<typeof mode>;

const notification = z.object({
  id: z.uuid(),
  kind: z.string(),
  tone,
  title: z.string(),
  body: z.string(),
  href: z.string(),
  createdAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable(),
});
export type Notification = z.infer<typeof notification>;

/** What a person looks for among what they were told; newest first, 25 to a page. */
export const listInput = z.strictObject({
  /** Sent along by the pages' client where it reads page after page; there is one way only. */
  direction: z.literal("forward").optional(),
  unread: z.boolean().optional(),
  kind: notificationKind.optional(),
  /** Words that stand in title or text. */
  text: z.string().trim().max(100).optional(),
  cursor: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z_[0-9a-f-]{36}$/)
    .optional(),
});
export type ListInput = z.infer<typeof listInput>;
export const listOutput = z.object({ notifications: z.array(notification), cursor: z.string().nullable() });
export type ListOutput = z.infer<typeof listOutput>;

/** How many wait to be read; more than 99 are 99. */
export const unreadOutput = z.object({ unread: z.int() });

/** Which are read now, or all. */
export const readInput = z.strictObject({
  ids: z.array(z.uuid()).min(1).max(100).optional(),
  unread: z.boolean().optional(),
});

/** A person's own choice for each kind. `usual` says what holds where they have not chosen. */
export const preferencesOutput = z.object({
  kinds: z.array(z.object({ kind: notificationKind, app: mode, email: mode })),
});
export type Preferences = z.infer<typeof preferencesOutput>;
export const setPreferenceInput = z
  .strictObject({ kind: notificationKind, channel: z.enum(["app", "email"]), mode })
  .refine((input) => input.channel !== "app" || input.mode !== "digest", {
    error: "must be now or off in the app",
    path: ["mode"],
  });

/** A room of a chat tool, without its address. */
const chatHook = z.object({ id: z.uuid(), name: z.string(), host: z.string(), createdAt: z.iso.datetime() });
export type ChatHook = z.infer<typeof chatHook>;
export const chatHooksOutput = z.object({ hooks: z.array(chatHook) });
/** How many rooms a brand may have. */
export const MOST_HOOKS = 5;
export const addChatHookInput = z.strictObject({
  name: z.string().trim().min(1, "Give the room a name.").max(60),
  /** What the chat tool calls an incoming webhook; whether it may be asked is checked by the way out. */
  url: z.string().trim().min(1, "Paste the address that the chat tool gave you.").max(1_000),
});
export const chatHookInput = z.strictObject({ id: z.uuid() });

/** Something that did not reach whom it was meant for. */
const failure = z.object({
  id: z.string(),
  source: z.enum(["email", "chat", "job"]),
  /** What it would have told. */
  what: z.string(),
  /** To whom; null for work of our own. */
  to: z.string().nullable(),
  status: z.enum(["retrying", "failed"]),
  attempts: z.int().nullable(),
  error: z.string().nullable(),
  at: z.iso.datetime(),
  nextAt: z.iso.datetime().nullable(),
});
export type Failure = z.infer<typeof failure>;
export const failuresOutput = z.object({ failures: z.array(failure) });
export const retryInput = z.strictObject({ source: z.enum(["email", "chat", "job"]), id: z.uuid() });
export const done = z.object({});
