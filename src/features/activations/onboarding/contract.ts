import { z } from "zod";

/** The steps from an empty brand to one at work, in order. */
export const STEPS = ["verify", "activate", "configure", "embed", "first_token", "invite"] as const;
export type Step = (typeof STEPS)[number];

/** How far a brand has come, as its own facts tell; nobody ticks anything off. */
export const onboarding = z.object({
  /** Whether this person wants to see it, and it still says something. */
  shown: z.boolean(),
  tourSeen: z.boolean(),
  done: z.record(z.enum(STEPS), z.boolean()),
  /** The app that was turned on first, to go on with. */
  app: z.object({ slug: z.string(), name: z.string() }).nullable(),
  /** From sign-up to the first token that was spent, in seconds; null until then. */
  secondsToFirstToken: z.number().nullable(),
});
export type Onboarding = z.infer<typeof onboarding>;
