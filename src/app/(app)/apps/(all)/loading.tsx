import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function AppsLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Connected Apps">
        Find an app, turn it on, put it into your shop. You pay by the token, for what shoppers use.
      </PageTitle>
      <Skeleton className="h-15 w-full" />
      <Skeleton className="h-160 w-full rounded-card" />
    </div>
  );
}
