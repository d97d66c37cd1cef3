import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function SettingsLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Settings" />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Skeleton className="h-144 rounded-card" />
        <Skeleton className="h-96 rounded-card" />
      </div>
    </div>
  );
}
