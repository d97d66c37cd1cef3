import { z } from "zod";

/** `default` is as the product has it by itself: no flag at all. */
export const flagState = z.enum(["default", "on", "off", "some"]);
export type FlagState = z.infer<typeof flagState>;

/** The most brands that one flag names. */
export const MOST_BRANDS = 200;

export const setFlagInput = z
  .strictObject({
    name: z.string().min(1).max(60),
    state: flagState,
    /** For `some`: their ids. */
    brands: z.array(z.uuid()).max(MOST_BRANDS).default([]),
    reason: z
      .string()
      .trim()
      .min(5, { error: "say why, in 5 to 300 characters" })
      .max(300, { error: "say why, in 5 to 300 characters" }),
  })
  .superRefine(({ state, brands }, context) => {
    if (state === "some" && brands.length === 0)
      context.addIssue({ code: "custom", path: ["brands"], message: "name at least one brand" });
    if (state !== "some" && brands.length > 0)
      context.addIssue({ code: "custom", path: ["brands"], message: "only a flag that is on for some names brands" });
  });
export type SetFlagInput = z.infer<typeof setFlagInput>;

export const flag = z.object({
  name: z.string(),
  /** The app's slug and name; null for a feature. */
  app: z.object({ slug: z.string(), name: z.string(), status: z.string() }).nullable(),
  state: flagState,
  /** Whether a brand that no flag names may have it, as things stand. */
  open: z.boolean(),
  brands: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Who set it last, why and when; null for the default. */
  set: z.object({ reason: z.string(), by: z.string(), at: z.string() }).nullable(),
});
export type Flag = z.infer<typeof flag>;
export const flagsOutput = z.object({ flags: z.array(flag) });
export const setFlagOutput = z.object({ name: z.string(), state: flagState });
