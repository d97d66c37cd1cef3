"use client";

import { useQuery } from "@tanstack/react-query";
import { Notice } from "@/components/notice";
import { useTRPC } from "@/trpc/client";

/** What the platform tells everybody at this moment, above each page. */
export function BannerStrip() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.admin.bannersNow.queryOptions(undefined, { refetchInterval: 60_000, retry: false }));
  if (!data || data.banners.length === 0) return null;
  return (
    <div className="mb-6 grid gap-2">
      {data.banners.map(({ id, kind, text }) => (
        <Notice key={id} kind={kind} title={text} />
      ))}
    </div>
  );
}
