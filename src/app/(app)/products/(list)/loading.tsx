import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function ProductsLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Products">
        What your apps search, show and measure against. Your shop stays the place where it is sold.
      </PageTitle>
      <Skeleton className="h-[40rem] w-full rounded-card" />
    </div>
  );
}
