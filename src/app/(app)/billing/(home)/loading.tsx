import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function BillingLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Billing">What you have, what you pay, and where every token went.</PageTitle>
      <div className="grid gap-4 lg:grid-cols-12">
        <Skeleton className="h-80 rounded-card lg:col-span-8" />
        <Skeleton className="h-80 rounded-card lg:col-span-4" />
        <Skeleton className="h-72 rounded-card lg:col-span-8" />
        <Skeleton className="h-72 rounded-card lg:col-span-4" />
        <Skeleton className="h-96 rounded-card lg:col-span-12" />
      </div>
    </div>
  );
}
