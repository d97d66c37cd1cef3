import { AppIcon } from "@/components/icons/apps";
import { StatusBadge } from "@/features/catalog/components/app-badges";
import { AppAbout, AppChangelog, AppFacts } from "@/features/catalog/components/app-facts";
import { AppTile } from "@/features/catalog/components/app-tile";
import type { AppPage } from "@/features/catalog/contract";
import type { AppFields } from "../../catalogue/contract";

/** What a brand that has not turned the app on would see: the same parts, made of what is typed. To be read, not pressed. */
export function AppPreview({ page, fields }: { page: AppPage; fields: AppFields }) {
  const { pricingTier: tier, ...rest } = fields;
  const app: AppPage = { ...page, ...rest, tier };
  return (
    <section aria-label="Preview" className="grid min-w-0 gap-5 rounded-card bg-inset p-4 md:p-5">
      <div className="grid gap-2">
        <p className="text-12 font-medium text-ink-2">On the marketplace</p>
        <div inert className="max-w-sm">
          <AppTile app={app} />
        </div>
      </div>
      <div className="grid gap-2">
        <p className="text-12 font-medium text-ink-2">On its own page</p>
        <div inert className="grid min-w-0 gap-4">
          <div className="flex items-start gap-4">
            <AppIcon appId={app.id} size={56} />
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-28 font-semibold wrap-anywhere">
                {app.name}
                <StatusBadge status={app.status} />
              </p>
              <p className="mt-1 max-w-prose text-14 text-ink-2 wrap-anywhere">{app.description}</p>
            </div>
          </div>
          <AppAbout app={app} />
          <AppFacts app={app} />
          {app.changelog.length > 0 && <AppChangelog app={app} />}
        </div>
      </div>
    </section>
  );
}
