import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";
import { InsightsSkeleton } from "@/features/usage/insights/components/insights-page";

/** The page's shape while it is on its way. */
export default function InsightsLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Advanced Analytics">
        <Skeleton className="my-0.5 h-4 w-80 max-w-full" />
      </PageTitle>
      <Skeleton className="h-9 w-96 max-w-full" />
      <InsightsSkeleton />
    </div>
  );
}
