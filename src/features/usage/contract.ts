import { z } from "zod";
import { appName } from "@/features/metering/edge/contract";

/** A UTC day, or a time for the one it lies in, in years that every calendar on the way can count with. */
const day = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], { error: "must be a day such as 2026-01-31" })
  .transform((text) => new Date(text).toISOString().slice(0, 10))
  .refine((text) => text >= "2000-02-01" && text < "9999-01-01", {
    error: "must lie between 2000-02-01 and 9998-12-31",
  });

/** Query of `GET /api/v1/customer/tokens/usage`: whole UTC days, both included, at most 400 of them. */
export const usageQuery = z
  .strictObject({
    from: day.optional(),
    to: day.optional(),
    app_id: appName.optional(),
  })
  .refine((query) => !query.from || !query.to || query.from <= query.to, {
    error: "must not be after `to`",
    path: ["from"],
  });
export type UsageQuery = z.infer<typeof usageQuery>;

/** Answer of the same, as in seed 002. Totals are null on an unlimited plan. */
export const usageResponse = z.object({
  current_period: z.object({
    start_date: z.iso.datetime(),
    end_date: z.iso.datetime(),
    tokens_used: z.int(),
    tokens_remaining: z.int().nullable(),
    tokens_total: z.int().nullable(),
  }),
  usage_by_app: z.array(
    z.object({
      app_id: z.string(),
      app_name: z.string(),
      tokens_consumed: z.int(),
      sessions: z.int(),
      avg_tokens_per_session: z.number(),
    }),
  ),
  daily_usage: z.array(z.object({ date: z.iso.date(), tokens: z.int() })),
});
export type UsageResponse = z.infer<typeof usageResponse>;
