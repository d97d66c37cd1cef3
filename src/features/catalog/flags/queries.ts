import { type SQL, sql } from "drizzle-orm";
import { apps, featureFlagBrands, featureFlags } from "@/db/schema/catalog";
import { env } from "@/lib/env";

/** What a flag says for a brand, or with null for whom it does not name; SQL's null where there is no such flag. */
const says = (name: SQL, customerId: string | null): SQL => sql`(
  select case f.state when 'on' then true when 'off' then false else ${
    customerId === null
      ? sql`false`
      : sql`exists (select 1 from ${featureFlagBrands} b where b.name = f.name and b.customer_id = ${customerId})`
  } end from ${featureFlags} f where f.name = ${name})`;

/**
 * Whether the app of a row of `apps` is open to a brand, or with null to anyone: as its own flag says; without one an app
 * in beta as `beta_apps` says, and without that as BETA_APPS does. Asked of the database each time, so that a flag acts at once.
 */
export const openTo = (customerId: string | null): SQL<boolean> => sql<boolean>`coalesce(
  ${says(sql`'app:' || ${apps.catalogId}`, customerId)},
  case when ${apps.status} <> 'beta' then true end,
  ${says(sql`'beta_apps'`, customerId)},
  ${env().BETA_APPS === "on"})`;
