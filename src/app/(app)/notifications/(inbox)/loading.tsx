import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function NotificationsLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Notifications" />
      <Skeleton className="h-10 w-80 max-w-full" />
      <Skeleton className="h-96 w-full rounded-card" />
    </div>
  );
}
