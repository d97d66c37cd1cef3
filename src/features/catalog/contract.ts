import { z } from "zod";
import { configurationSchema } from "./dialect/contract";

export const APP_STATUSES = ["available", "beta", "deprecated", "disabled"] as const;
export type AppStatus = (typeof APP_STATUSES)[number];
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });
const status = oneOf(APP_STATUSES);
const tier = oneOf(["starter", "professional", "enterprise"]);

/** An app on a card: what it is, what it costs, and how it stands with the brand. */
export const appCard = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  features: z.array(z.string()),
  tokenCost: z.int(),
  variablePrice: z.boolean(),
  status,
  tier,
  /** How it stands with the brand; null where it was never turned on. */
  activation: z.enum(["active", "paused", "disabled"]).nullable(),
  active: z.boolean(),
  /** Whether the brand's plan opens it. */
  covered: z.boolean(),
});
export type AppCard = z.infer<typeof appCard>;

/** What `catalog.list` answers: every app the brand may see. */
export const appListResponse = z.object({ apps: z.array(appCard) });

export const appPageInput = z.strictObject({ slug: z.string().min(1).max(50) });

/** Everything an app's own page tells, beside how it stands with the brand. */
export const appPageResponse = appCard.extend({
  about: z.string(),
  access: z.array(z.string()),
  changelog: z.array(z.object({ version: z.string(), date: z.string(), notes: z.string() })),
  schema: configurationSchema,
  documentationUrl: z.string().nullable(),
  similar: z.array(appCard),
  /** The brand's plan by name; null where it has none. */
  plan: z.string().nullable(),
  /** False where that plan has ended or is unpaid, and so opens nothing. */
  planInForce: z.boolean(),
  offers: z.object({
    plans: z.array(z.object({ id: z.string(), name: z.string(), tokensPerMonth: z.int(), priceCents: z.int() })),
    packs: z.array(z.object({ id: z.string(), tokens: z.int(), priceCents: z.int() })),
  }),
});
export type AppPage = z.infer<typeof appPageResponse>;

const wholeNumber = (most: number, otherwise: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,4}$/, "must be a whole number from 1")
    .transform(Number)
    .refine((value) => value <= most, { error: `must be at most ${most}` })
    .default(otherwise);

/** A parameter that is named and left empty, as forms send it, is left out. */
const orEmpty = <T extends z.ZodType>(values: T) => z.preprocess((given) => given || undefined, values);

/** Query of `GET /api/v1/apps`. */
export const appsQuery = z.strictObject({
  category: z.string().max(50).optional(),
  status: orEmpty(status.optional()),
  pricing_tier: orEmpty(tier.optional()),
  q: z.string().max(100).optional(),
  page: orEmpty(wholeNumber(10_000, 1)),
  per_page: orEmpty(wholeNumber(100, 20)),
});
export type AppsQuery = z.output<typeof appsQuery>;

/** Query of `GET /api/v1/customer/apps`. */
export const customerAppsQuery = appsQuery.pick({ page: true, per_page: true });

/** An app as the API tells of it (seed 002). */
export const publicApp = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  token_cost: z.int(),
  variable_price: z.boolean(),
  status,
  features: z.array(z.string()),
  configuration_schema: configurationSchema,
  pricing_tier: tier,
  documentation_url: z.string().nullable(),
});
export type PublicApp = z.infer<typeof publicApp>;

export const pagination = z.object({
  page: z.int(),
  per_page: z.int(),
  total: z.int(),
  total_pages: z.int(),
});
export const appsResponse = z.object({ apps: z.array(publicApp), pagination });
