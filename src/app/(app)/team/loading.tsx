import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function TeamLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Team">
        Who may see and change what is this brand&rsquo;s. A change of role counts at once.
      </PageTitle>
      <Skeleton className="h-56 w-full rounded-card" />
    </div>
  );
}
