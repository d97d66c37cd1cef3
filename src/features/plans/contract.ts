import { z } from "zod";

/** What is on sale. Prices in US cents; `tokensPerMonth` -1 is unlimited. */
export const offersResponse = z.object({
  plans: z.array(z.object({ id: z.string(), name: z.string(), tokensPerMonth: z.int().min(-1), priceCents: z.int() })),
  packs: z.array(z.object({ id: z.string(), tokens: z.int().positive(), priceCents: z.int() })),
});
export type Offers = z.infer<typeof offersResponse>;
