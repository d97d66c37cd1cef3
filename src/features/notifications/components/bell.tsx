"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "@/components/cx";
import { BellIcon } from "@/components/icons/interface";
import { useTRPC } from "@/trpc/client";

/** How often it is asked whether there is something new, ms. */
const AGAIN = 30_000;

/** The way to what one was told, with how many wait to be read. On phones a bell in the bar, else a line of the side bar. */
export function Bell() {
  const trpc = useTRPC();
  const here = usePathname().startsWith("/notifications");
  const { data } = useQuery(
    trpc.notifications.unread.queryOptions(undefined, { refetchInterval: AGAIN, retry: false }),
  );
  const unread = data?.unread ?? 0;
  const many = unread >= 99 ? "99+" : String(unread);
  return (
    <Link
      href="/notifications"
      aria-current={here ? "page" : undefined}
      className={cx(
        "relative flex items-center rounded-control font-medium transition-colors max-md:size-10 max-md:justify-center md:h-9 md:gap-2.5 md:px-2.5 md:text-14",
        here ? "text-ink md:bg-inset" : "text-ink-2 hover:bg-inset hover:text-ink",
      )}
    >
      <span className={cx(here && "text-accent-ink")}>
        <BellIcon />
      </span>
      <span className="max-md:sr-only">Notifications</span>
      {unread > 0 && (
        <span className="figures grid h-4.5 min-w-4.5 place-items-center rounded-full bg-accent px-1 text-12 leading-none font-semibold text-accent-on max-md:absolute max-md:top-0.5 max-md:right-0 md:ml-auto">
          <span className="sr-only">, </span>
          {many}
          <span className="sr-only"> unread</span>
        </span>
      )}
    </Link>
  );
}
