import { z } from "zod";

/** How many brands to a page. */
export const PAGE = 30;

export const customersInput = z.strictObject({
  /** Part of a name, a slug or a member's e-mail address, or a whole id. */
  q: z.string().trim().max(100).default(""),
  /** The last id of the page before. */
  cursor: z.uuid().nullish(),
  direction: z.enum(["forward", "backward"]).optional(),
});
export type CustomersInput = z.infer<typeof customersInput>;

export const customerRow = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  createdAt: z.string(),
  plan: z.string().nullable(),
  /** Of the subscription; null where the brand has no plan. */
  status: z.enum(["active", "past_due", "canceled", "unpaid"]).nullable(),
  /** As the ledger has it; null where unlimited. */
  balance: z.number().nullable(),
  /** Of the last 30 days by the brand's clock. */
  tokens30: z.number(),
  apps: z.number(),
  /** The last day with a use. */
  lastUse: z.string().nullable(),
});
export type CustomerRow = z.infer<typeof customerRow>;

export const customersOutput = z.object({
  customers: z.array(customerRow),
  total: z.number(),
  nextCursor: z.string().nullable(),
});
export type CustomersOutput = z.infer<typeof customersOutput>;
