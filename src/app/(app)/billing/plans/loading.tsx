import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function PlansLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <div className="grid gap-3">
        <Skeleton className="h-6 w-16" />
        <PageTitle title="Plans">
          A plan adds tokens every month. Up takes effect at once, down at the end of the period you have paid for.
        </PageTitle>
      </div>
      <div className="grid gap-4 md:grid-cols-3">
        <Skeleton className="h-80 rounded-card" />
        <Skeleton className="h-80 rounded-card" />
        <Skeleton className="h-80 rounded-card" />
      </div>
      <Skeleton className="h-96 rounded-card" />
    </div>
  );
}
