import { Skeleton } from "@/components/skeleton";

/** The page's shape while it is on its way. */
export default function AppLoading() {
  return (
    <div className="grid gap-6" aria-busy="true">
      <Skeleton className="h-5 w-32" />
      <div className="flex items-start gap-4">
        <Skeleton className="size-14 shrink-0" />
        <div className="grid flex-1 gap-2">
          <Skeleton className="h-9 w-64 max-w-full" />
          <Skeleton className="h-5 w-96 max-w-full" />
        </div>
      </div>
      <div className="grid gap-4 lg:grid-cols-12">
        <Skeleton className="h-160 rounded-card lg:col-span-8" />
        <Skeleton className="h-96 rounded-card lg:col-span-4" />
      </div>
    </div>
  );
}
