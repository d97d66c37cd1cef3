"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "@/components/cx";

/** The pages around notifications; what did not arrive is there for whoever can do something about it. */
export function Places({ seesFailures }: { seesFailures: boolean }) {
  const path = usePathname();
  const places = [
    { href: "/notifications", name: "Inbox" },
    { href: "/notifications/preferences", name: "How you are told" },
    ...(seesFailures ? [{ href: "/notifications/failures", name: "Not delivered" }] : []),
  ];
  return (
    <nav aria-label="Notifications" className="border-b border-line">
      <ul className="-mb-px flex gap-5">
        {places.map(({ href, name }) => (
          <li key={href}>
            <Link
              href={href}
              aria-current={path === href ? "page" : undefined}
              className={cx(
                "flex h-10 items-center border-b-2 text-14 font-medium whitespace-nowrap transition-colors",
                path === href ? "border-accent text-ink" : "border-transparent text-ink-2 hover:text-ink",
              )}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
