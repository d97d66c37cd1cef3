import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function NotificationsLoading() {
  return (
    <>
      <PageTitle title="Notifications" />
      <Skeleton className="h-96 w-full rounded-card" />
    </>
  );
}
