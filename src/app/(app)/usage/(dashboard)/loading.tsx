import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";
import { UsageSkeleton } from "@/features/usage/components/usage-page";

/** The page's shape while it is on its way. */
export default function UsageLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Usage">
        <Skeleton className="my-0.5 h-4 w-80 max-w-full" />
      </PageTitle>
      <Skeleton className="h-9 w-96 max-w-full" />
      <UsageSkeleton />
    </div>
  );
}
