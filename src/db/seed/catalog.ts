import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client";
import { type AppFields, apps } from "../schema/catalog";
import { billingPlans, type PlanFields, tokenPacks } from "../schema/plans";
import figures from "./catalog.json" with { type: "json" };

type NewApp = typeof apps.$inferInsert;
type NewPlan = typeof billingPlans.$inferInsert;
type NewPack = typeof tokenPacks.$inferInsert;

/** Keeps a column that staff have taken over, and takes the shipped value otherwise. */
const unlessEdited = (table: "apps" | "billing_plans", field: string, column: string): SQL =>
  sql.raw(`case when '${field}' = any("${table}"."edited") then "${table}"."${column}" else excluded."${column}" end`);

const ofApp = (field: keyof AppFields, column: string): SQL => unlessEdited("apps", field, column);
const ofPlan = (field: keyof PlanFields, column: string): SQL => unlessEdited("billing_plans", field, column);

const shippedApp = (app: NewApp): AppFields => ({
  name: app.name,
  description: app.description ?? "",
  about: app.about ?? "",
  features: app.features ?? [],
  status: app.status ?? "available",
  tokenCost: app.tokenCost,
  pricingTier: app.pricingTier ?? "starter",
  changelog: app.changelog ?? [],
});
const shippedPlan = ({ name, tokensPerMonth, features = [] }: NewPlan): PlanFields => ({
  name,
  tokensPerMonth,
  features,
});

/**
 * Brings the product owner's apps, plans and packs into the database. Repeatable: what is shipped anew is taken over, but
 * for the fields that staff have edited; of those only what would be shipped is noted, so that staff see it and may take it.
 * Whether a plan or a pack is on sale is staff's alone. An editor who has an app open is told that it has changed.
 */
export async function seedCatalog(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .insert(apps)
      .values((figures.apps as NewApp[]).map((app) => ({ ...app, shipped: shippedApp(app) })))
      .onConflictDoUpdate({
        target: apps.catalogId,
        set: {
          slug: sql`excluded.slug`,
          category: sql`excluded.category`,
          variablePrice: sql`excluded.variable_price`,
          access: sql`excluded.access`,
          configurationSchema: sql`excluded.configuration_schema`,
          documentationUrl: sql`excluded.documentation_url`,
          name: ofApp("name", "name"),
          description: ofApp("description", "description"),
          about: ofApp("about", "about"),
          features: ofApp("features", "features"),
          status: ofApp("status", "status"),
          tokenCost: ofApp("tokenCost", "token_cost"),
          pricingTier: ofApp("pricingTier", "pricing_tier"),
          changelog: ofApp("changelog", "changelog"),
          shipped: sql`excluded.shipped`,
          revision: sql`${apps.revision} + case when ${apps.shipped} = excluded.shipped then 0 else 1 end`,
          updatedAt: sql`now()`,
        },
      });
    await tx
      .insert(billingPlans)
      .values((figures.plans as NewPlan[]).map((plan) => ({ ...plan, shipped: shippedPlan(plan) })))
      .onConflictDoUpdate({
        target: billingPlans.id,
        set: {
          priceCents: sql`excluded.price_cents`,
          stripePriceId: sql`excluded.stripe_price_id`,
          name: ofPlan("name", "name"),
          tokensPerMonth: ofPlan("tokensPerMonth", "tokens_per_month"),
          features: ofPlan("features", "features"),
          shipped: sql`excluded.shipped`,
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
