import { z } from "zod";

/** What `catalog.list` answers: every app, and whether the brand has it turned on. */
export const appListResponse = z.object({
  apps: z.array(
    z.object({
      id: z.string(),
      slug: z.string(),
      name: z.string(),
      tokenCost: z.int(),
      status: z.enum(["available", "beta", "deprecated", "disabled"]),
      active: z.boolean(),
    }),
  ),
});
