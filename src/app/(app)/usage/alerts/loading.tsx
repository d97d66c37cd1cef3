import { PageTitle } from "@/components/page-title";
import { AlertsSkeleton } from "@/features/usage/alerts/components/alerts-page";

/** The page's shape while it is on its way. */
export default function AlertsLoading() {
  return (
    <div className="grid gap-6">
      <PageTitle title="Alerts">Each tells once, and not again until things were well in between.</PageTitle>
      <AlertsSkeleton />
    </div>
  );
}
