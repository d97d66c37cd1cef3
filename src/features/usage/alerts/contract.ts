import { z } from "zod";

/** What a brand can be told of here. */
export const ALERT_KINDS = [
  "plan_used",
  "low_balance",
  "forecast",
  "unusual",
  "cap_reached",
  "payment_failed",
  "key_refused",
] as const;
export const alertKind = z.enum(ALERT_KINDS);
export type AlertKind = z.infer<typeof alertKind>;

const rule = z.object({
  id: z.uuid(),
  kind: alertKind,
  /** Percent, tokens, days or times an hour, as the kind has it. */
  threshold: z.int(),
  enabled: z.boolean(),
  /** Since when it is crossed; null where it is not. */
  since: z.iso.datetime().nullable(),
});
export type AlertRule = z.infer<typeof rule>;

const minute = z.int().min(0).max(1_439);
/** Hours in which no mail and no chat message goes out, as minutes after midnight of the brand's clock. */
const quiet = z.object({ from: minute, to: minute }).nullable();

export const alertsOutput = z.object({
  rules: z.array(rule),
  quiet,
  digestHour: z.int(),
  timeZone: z.string(),
  /** When the rules were last looked at. */
  asOf: z.iso.datetime().nullable(),
  /** Whether there are weeks enough to say what is usual. */
  unusualReady: z.boolean(),
});
export type AlertsOutput = z.infer<typeof alertsOutput>;

export const addRuleInput = z.strictObject({
  kind: alertKind,
  threshold: z.int().min(0).max(999_999_999),
  /** One that was removed comes back as it was, switched off too. */
  enabled: z.boolean().default(true),
});
export const ruleInput = z.strictObject({ id: z.uuid() });
export const setRuleInput = z.strictObject({ id: z.uuid(), enabled: z.boolean() });
export const settingsInput = z.strictObject({
  quiet: z.strictObject({ from: minute, to: minute }).nullable(),
  digestHour: z.int().min(0).max(23),
});

export const historyInput = z.strictObject({
  direction: z.literal("forward").optional(),
  cursor: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z_[0-9a-f-]{36}$/)
    .optional(),
});
/** Each crossing with whom it was told to, how, and when it reached them. */
export const historyOutput = z.object({
  crossings: z.array(
    z.object({
      id: z.uuid(),
      kind: alertKind,
      tone: z.enum(["info", "soon", "stopped"]),
      title: z.string(),
      body: z.string(),
      href: z.string(),
      openedAt: z.iso.datetime(),
      closedAt: z.iso.datetime().nullable(),
      told: z.boolean(),
      tellings: z.array(
        z.object({
          who: z.string(),
          channel: z.enum(["app", "email", "digest", "chat"]),
          status: z.enum(["reached", "waiting", "failed"]),
          at: z.iso.datetime().nullable(),
        }),
      ),
    }),
  ),
  cursor: z.string().nullable(),
});
export type AlertHistory = z.infer<typeof historyOutput>;
export const done = z.object({});
