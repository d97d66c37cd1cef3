import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function ConfigureLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <Skeleton className="h-5 w-48" />
      <div className="flex items-start gap-4">
        <Skeleton className="size-11 shrink-0" />
        <Skeleton className="h-9 w-72 max-w-full" />
      </div>
      <div className="grid gap-4 lg:grid-cols-12">
        <Skeleton className="h-160 rounded-card lg:col-span-7" />
        <Skeleton className="h-160 rounded-card lg:col-span-5" />
      </div>
    </div>
  );
}
