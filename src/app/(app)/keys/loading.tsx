import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function KeysLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="API keys">
        A public key opens apps from your shop&rsquo;s pages; a secret key works from your servers.
      </PageTitle>
      <Skeleton className="h-96 w-full rounded-card" />
    </div>
  );
}
