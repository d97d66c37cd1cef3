import { z } from "zod";

/**
 * Every event that can be told by webhook, with what it carries. A receiver may rely on a type's fields as long as its
 * version stays; new fields may come without a new one. The guide (docs/guides/webhooks.md) lists the same, and a test
 * holds the two together.
 */

const when = z.iso.datetime();
const tokens = z.int().min(0);
const cents = z.int();
const currency = z.string().regex(/^[a-z]{3}$/);
const app = { app_id: z.string(), app_name: z.string() };
const key = { key_id: z.string(), name: z.string(), kind: z.enum(["pk", "sk"]), mode: z.enum(["live", "test"]) };

interface EventType {
  readonly group: "Apps" | "Keys" | "Tokens" | "Alerts" | "Billing" | "Webhooks";
  /** When it is told, in a sentence. */
  readonly when: string;
  readonly version: number;
  readonly data: z.ZodObject;
}

export const EVENTS = {
  "app.activated": {
    group: "Apps",
    when: "An app was turned on.",
    version: 1,
    data: z.object({ ...app, activation_id: z.uuid(), configuration_version: z.int() }),
  },
  "app.paused": {
    group: "Apps",
    when: "An app was paused; its uses are refused from then on.",
    version: 1,
    data: z.object({ ...app, activation_id: z.uuid() }),
  },
  "app.resumed": {
    group: "Apps",
    when: "A paused app goes on.",
    version: 1,
    data: z.object({ ...app, activation_id: z.uuid() }),
  },
  "app.deactivated": {
    group: "Apps",
    when: "An app was turned off.",
    version: 1,
    data: z.object({ ...app, activation_id: z.uuid() }),
  },
  "app.configuration_published": {
    group: "Apps",
    when: "A new configuration of an app holds from now on.",
    version: 1,
    data: z.object({ ...app, configuration_version: z.int() }),
  },
  "key.created": {
    group: "Keys",
    when: "An API key was made. The key itself is not told.",
    version: 1,
    data: z.object({ ...key, expires_at: when.nullable() }),
  },
  "key.changed": {
    group: "Keys",
    when: "An API key's name, origins, apps, scopes or limit were changed; its text stays.",
    version: 1,
    data: z.object({ ...key, changed: z.array(z.string()) }),
  },
  "key.rotated": {
    group: "Keys",
    when: "An API key was replaced by another and ends.",
    version: 1,
    data: z.object({ ...key, replaced_by: z.string(), expires_at: when.nullable() }),
  },
  "key.revoked": {
    group: "Keys",
    when: "An API key was revoked and works no more.",
    version: 1,
    data: z.object({ ...key, revoked_at: when }),
  },
  "tokens.granted": {
    group: "Tokens",
    when: "Tokens arrived on the live account.",
    version: 1,
    data: z.object({
      grant_id: z.uuid(),
      source: z.enum(["plan", "pack", "refund", "adjustment"]),
      tokens,
      expires_at: when.nullable(),
    }),
  },
  "tokens.low": {
    group: "Tokens",
    when: "The live balance fell to the brand's own mark, or to a fifth of what the grants it draws on came to.",
    version: 1,
    data: z.object({ balance: tokens, threshold: tokens }),
  },
  "tokens.exhausted": {
    group: "Tokens",
    when: "The live balance no longer pays for any app that is turned on.",
    version: 1,
    data: z.object({ balance: tokens }),
  },
  "alert.raised": {
    group: "Alerts",
    when: "An alert of the brand went off.",
    version: 1,
    data: z.object({
      alert_id: z.string(),
      kind: z.string(),
      severity: z.enum(["info", "warning", "critical"]),
      title: z.string(),
      message: z.string(),
      value: z.number().nullable(),
      threshold: z.number().nullable(),
      app_id: z.string().nullable(),
    }),
  },
  "plan.changed": {
    group: "Billing",
    when: "The subscription changed: its plan, what follows at the period's end, or how it stands.",
    version: 1,
    data: z.object({
      plan_id: z.string(),
      previous_plan_id: z.string().nullable(),
      pending_plan_id: z.string().nullable(),
      status: z.string(),
      cancel_at_period_end: z.boolean(),
      period_end: when,
    }),
  },
  "invoice.paid": {
    group: "Billing",
    when: "An invoice of the subscription was paid.",
    version: 1,
    data: z.object({
      invoice_id: z.string(),
      number: z.string().nullable(),
      amount_cents: cents,
      currency,
      tokens: tokens.nullable(),
      invoice_url: z.string().nullable(),
    }),
  },
  "payment.failed": {
    group: "Billing",
    when: "A payment was refused: of the subscription, or of an automatic top-up.",
    version: 1,
    data: z.object({
      for: z.enum(["subscription", "top_up"]),
      reference: z.string(),
      amount_cents: cents,
      currency,
      reason: z.string(),
      next_attempt_at: when.nullable(),
    }),
  },
  "pack.purchased": {
    group: "Billing",
    when: "A pack of tokens was bought, by a person or by an automatic top-up.",
    version: 1,
    data: z.object({
      purchase_id: z.string(),
      pack_id: z.string(),
      tokens,
      amount_cents: cents,
      currency,
      automatic: z.boolean(),
    }),
  },
  "webhook.test": {
    group: "Webhooks",
    when: "Somebody pressed “Send test event”. It goes to that endpoint alone, whatever it has chosen.",
    version: 1,
    data: z.object({ message: z.string() }),
  },
} as const satisfies Record<string, EventType>;

export type EventName = keyof typeof EVENTS;
export type EventData<Name extends EventName> = z.input<(typeof EVENTS)[Name]["data"]>;

export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];
/** What an endpoint may choose from. */
export const CHOOSABLE = EVENT_NAMES.filter((name) => name !== "webhook.test");

/** The body of every webhook. */
export const envelope = z.object({
  type: z.enum(EVENT_NAMES),
  /** When it happened. */
  timestamp: when,
  /** Of the type's fields. */
  version: z.int(),
  data: z.record(z.string(), z.unknown()),
});
