import { sql } from "drizzle-orm";
import type { Db } from "../client";
import { apps } from "../schema/catalog";
import { billingPlans, tokenPacks } from "../schema/plans";
import figures from "./catalog.json" with { type: "json" };

type NewApp = typeof apps.$inferInsert;
type NewPlan = typeof billingPlans.$inferInsert;
type NewPack = typeof tokenPacks.$inferInsert;

/**
 * Brings the product owner's apps, plans and packs into the database. Repeatable: figures that changed are updated, an app's
 * status is left as an admin last set it.
 */
export async function seedCatalog(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .insert(apps)
      .values(figures.apps as NewApp[])
      .onConflictDoUpdate({
        target: apps.catalogId,
        set: {
          name: sql`excluded.name`,
          slug: sql`excluded.slug`,
          description: sql`excluded.description`,
          category: sql`excluded.category`,
          tokenCost: sql`excluded.token_cost`,
          variablePrice: sql`excluded.variable_price`,
          about: sql`excluded.about`,
          features: sql`excluded.features`,
          access: sql`excluded.access`,
          changelog: sql`excluded.changelog`,
          configurationSchema: sql`excluded.configuration_schema`,
          documentationUrl: sql`excluded.documentation_url`,
          pricingTier: sql`excluded.pricing_tier`,
          updatedAt: sql`now()`,
        },
      });
    await tx
      .insert(billingPlans)
      .values(figures.plans as NewPlan[])
      .onConflictDoUpdate({
        target: billingPlans.id,
        set: {
          name: sql`excluded.name`,
          tokensPerMonth: sql`excluded.tokens_per_month`,
          priceCents: sql`excluded.price_cents`,
          stripePriceId: sql`excluded.stripe_price_id`,
          features: sql`excluded.features`,
        },
      });
    await tx
      .insert(tokenPacks)
      .values(figures.packs as NewPack[])
      .onConflictDoUpdate({
        target: tokenPacks.id,
        set: {
          tokens: sql`excluded.tokens`,
          priceCents: sql`excluded.price_cents`,
          stripePriceId: sql`excluded.stripe_price_id`,
        },
      });
  });
}
