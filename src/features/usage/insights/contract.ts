import { z } from "zod";
import { dashboardQuery } from "../dashboard/contract";
import { PARTS } from "./rules";

/** Postgres keeps neither NUL nor half a surrogate pair. */
const storable = (value: string): boolean => !value.includes("\u0000") && value.isWellFormed();
/** A frame by the brand's own number; a shop's script may have it as a number. */
const sku = z
  .union([z.string(), z.int().min(0)])
  .transform((value) => String(value).trim())
  .refine((value) => value.length >= 1 && value.length <= 100 && storable(value), "must be 1 to 100 characters");

/** What a frame of ours tells of its session: that there is a result, that a frame was shown, that one was chosen. */
const frameEvent = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("result") }),
  z.strictObject({ kind: z.enum(["view", "choose"]), sku }),
]);

/** Body of `POST /api/v1/widget/events` from our own frame, under its session's token. */
export const frameEvents = z.strictObject({ events: z.array(frameEvent).min(1).max(50) });

/** Body of the same from a shop's page, under the key and idempotency key that opened the app: a frame went into the basket. */
export const cartEvent = z.strictObject({
  app_id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/, "must be an app's id or slug"),
  sku,
});

/** What may be told of a session. */
export type WidgetEvent =
  | { readonly kind: "result" }
  | { readonly kind: "view" | "choose" | "cart"; readonly sku: string };

/** Answer of both: how many of them are new. */
export const eventsCounted = z.strictObject({ counted: z.int() });

const count = z.int().min(0);
/** Sessions by how far they came. A session is one paid use of an app in the shop's page. */
const steps = z.object({
  opened: count,
  /** Of those, in how many the app came to a result. */
  results: count,
  /** Of those opened, in how many the shop said that a frame went into the basket. */
  carted: count,
});
export type Steps = z.infer<typeof steps>;

/** What the page and a report show: all of one moment. */
export const insightFigures = z.object({
  timeZone: z.string(),
  asOf: z.iso.datetime(),
  from: z.iso.date(),
  to: z.iso.date(),
  before: z.object({ from: z.iso.date(), to: z.iso.date() }),
  today: z.iso.date(),
  totals: steps,
  totalsBefore: steps,
  /** As on the usage page: the days that are over. Reports of before it was told were made without it. */
  compared: z
    .object({
      ...{ from: z.iso.date(), to: z.iso.date(), before: z.object({ from: z.iso.date(), to: z.iso.date() }) },
      totals: steps,
      totalsBefore: steps,
    })
    .nullish(),
  /** Each day, oldest first, by when its sessions were opened. */
  days: z.array(z.object({ date: z.iso.date(), before: count, ...steps.shape })),
  /** The most opened first. `tokens` is what all uses of the app cost, in widgets and elsewhere. */
  apps: z.array(z.object({ appId: z.string(), name: z.string(), tokens: count, before: steps, ...steps.shape })),
  /** The frames that did most: into baskets, chosen, shown. Sessions each. */
  frames: z.array(
    z.object({
      sku: z.string(),
      /** Null where the frame is not among the brand's products. */
      name: z.string().nullable(),
      image: z.string().nullable(),
      seen: count,
      chosen: count,
      carted: count,
    }),
  ),
  /** How many frames there were in all. */
  framesInAll: count,
});
export type InsightFigures = z.infer<typeof insightFigures>;

export const insightsQuery = dashboardQuery;

/** What `insights.figures` answers: nothing of a brand's sessions where its app is not active. */
export const insightsAnswer = z.discriminatedUnion("active", [
  z.object({ active: z.literal(true), figures: insightFigures }),
  z.object({ active: z.literal(false), paused: z.boolean() }),
]);
export type InsightsAnswer = z.infer<typeof insightsAnswer>;

/** What `insights.reports` answers: what a report costs, who has it, and those there are. */
export const reportsAnswer = z.object({
  price: z.int(),
  /** Whether the caller has each month's report by mail. */
  subscribed: z.boolean(),
  /** How many of the brand's people have it. */
  readers: count,
  /** The day on which the next one is made. */
  next: z.iso.date(),
  /** The newest first, at most twelve. */
  reports: z.array(
    z.object({
      from: z.iso.date(),
      to: z.iso.date(),
      ready: z.boolean(),
      tokens: z.int().nullable(),
      /** Why one that is not ready was not made yet: a code of the API. */
      reason: z.string().nullable(),
      at: z.iso.datetime(),
    }),
  ),
});
export type ReportsAnswer = z.infer<typeof reportsAnswer>;

export const sendReportInput = insightsQuery;
/** What became of a report: on its way to the caller, and what it cost now (0 where it was paid for before). */
export const sendReportResult = z.object({ tokens: z.int() });
export const subscribeInput = z.strictObject({ on: z.boolean() });
export const done = z.object({});

/** What a report says, as it is kept and mailed: the figures, and how the brand wanted them told. */
export const reportFigures = insightFigures.extend({
  parts: z.array(z.enum(PARTS)),
  accent: z.string().regex(/^#[0-9a-f]{6}$/i),
});
export type ReportFigures = z.infer<typeof reportFigures>;

/** Facts of the mail `insights.report`. */
export const reportFacts = z.object({ figures: reportFigures, monthly: z.boolean() });
