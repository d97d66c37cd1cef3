import { eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { apps, featureFlagBrands, featureFlags } from "@/db/schema/catalog";
import { customers } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { FEATURE_FLAGS } from "@/features/catalog/flags/rules";
import { Refusal } from "@/lib/errors";
import type { FlagState, SetFlagInput } from "./contract";

async function isFlag(tx: Tx, name: string): Promise<boolean> {
  if ((FEATURE_FLAGS as readonly string[]).includes(name)) return true;
  const [app] = await tx
    .select({ id: apps.id })
    .from(apps)
    .where(eq(sql`'app:' || ${apps.catalogId}`, name));
  return app !== undefined;
}

/**
 * Says to whom something is open, from the next request on. A brand that has an app keeps it: what stops an app for those
 * who have it is its status.
 * @throws Refusal `not_found` for a flag or a brand that is not there
 */
export async function setFlag(ctx: StaffCtx, input: SetFlagInput): Promise<{ name: string; state: FlagState }> {
  const { name, state, reason } = input;
  const brands = [...new Set(input.brands)];
  await ctx.db.transaction(async (tx) => {
    if (!(await isFlag(tx, name))) throw new Refusal("not_found", "There is no such flag.");
    // Two at a time would mix their brands.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('feature_flags'), hashtext(${name}))`);
    const [before] = await tx.select().from(featureFlags).where(eq(featureFlags.name, name));
    await tx.delete(featureFlagBrands).where(eq(featureFlagBrands.name, name));
    if (state === "default") await tx.delete(featureFlags).where(eq(featureFlags.name, name));
    else {
      const said = { state, reason, staffId: ctx.staffId, updatedAt: sql`now()` };
      await tx
        .insert(featureFlags)
        .values({ name, ...said })
        .onConflictDoUpdate({ target: featureFlags.name, set: said });
      if (brands.length > 0) {
        const there = await tx.select({ id: customers.id }).from(customers).where(inArray(customers.id, brands));
        if (there.length < brands.length) throw new Refusal("not_found", "One of these brands is not there.");
        await tx.insert(featureFlagBrands).values(brands.map((customerId) => ({ name, customerId })));
      }
    }
    await recordAudit(tx, ctx, {
      action: "flag.set",
      subject: name,
      details: { from: before?.state ?? "default", to: state, brands, reason },
    });
  });
  return { name, state };
}
