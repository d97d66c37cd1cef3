import { asc, eq } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { apps, featureFlagBrands, featureFlags } from "@/db/schema/catalog";
import { customers, users } from "@/db/schema/people";
import { openTo } from "@/features/catalog/flags/queries";
import { FEATURE_FLAGS, flagOfApp } from "@/features/catalog/flags/rules";
import { env } from "@/lib/env";
import type { Flag, FlagState } from "./contract";

/** Every flag there can be, with what it says now. Of all tenants, and therefore for staff only. */
export async function flagsOf(ctx: StaffCtx): Promise<{ flags: Flag[] }> {
  const rows = await ctx.db
    .select({ flag: featureFlags, by: users.name })
    .from(featureFlags)
    .leftJoin(users, eq(users.id, featureFlags.staffId));
  const brands = await ctx.db
    .select({ flag: featureFlagBrands.name, id: customers.id, name: customers.name })
    .from(featureFlagBrands)
    .innerJoin(customers, eq(customers.id, featureFlagBrands.customerId))
    .orderBy(asc(customers.name));
  const catalogue = await ctx.db
    .select({ app: apps, open: openTo(null) })
    .from(apps)
    .orderBy(asc(apps.name));
  const set = new Map(rows.map((row) => [row.flag.name, row]));
  const one = (name: string, app: Flag["app"], open: boolean): Flag => {
    const row = set.get(name);
    return {
      name,
      app,
      open,
      state: (row?.flag.state ?? "default") satisfies FlagState,
      brands: brands.filter(({ flag }) => flag === name).map(({ id, name: brand }) => ({ id, name: brand })),
      set: row
        ? {
            reason: row.flag.reason,
            by: row.by ?? "Someone who has left",
            at: row.flag.updatedAt.toISOString(),
          }
        : null,
    };
  };
  const betaOpen = (state: string | undefined) => (state === undefined ? env().BETA_APPS === "on" : state === "on");
  return {
    flags: [
      ...FEATURE_FLAGS.map((name) => one(name, null, betaOpen(set.get(name)?.flag.state))),
      ...catalogue.map(({ app, open }) =>
        one(flagOfApp(app.catalogId), { slug: app.slug, name: app.name, status: app.status }, open),
      ),
    ],
  };
}
