import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function OverviewLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Overview">
        <Skeleton className="my-0.5 h-4 w-40" />
      </PageTitle>
      <div className="grid gap-4 lg:grid-cols-12">
        <Skeleton className="h-96 rounded-card lg:col-span-8" />
        <Skeleton className="h-96 rounded-card lg:col-span-4" />
        <Skeleton className="h-96 rounded-card lg:col-span-12" />
      </div>
    </div>
  );
}
