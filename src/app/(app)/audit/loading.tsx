import { PageTitle } from "@/components/page-title";
import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function AuditLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <PageTitle title="Audit log">
        Who did what, in the order it was done. No line is ever changed or taken out, and it would show.
      </PageTitle>
      <Skeleton className="h-96 w-full rounded-card" />
    </div>
  );
}
