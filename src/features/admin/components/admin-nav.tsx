"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "@/components/cx";

/** The pages of the platform's own people. */
const PAGES = [
  { href: "/admin", name: "Business" },
  { href: "/admin/customers", name: "Brands" },
  { href: "/admin/review", name: "Review" },
  { href: "/admin/catalog", name: "Catalogue" },
  { href: "/admin/plans", name: "Plans" },
  { href: "/admin/flags", name: "Flags" },
  { href: "/admin/system", name: "System" },
  { href: "/admin/banners", name: "Banners" },
] as const;

/** The way between the platform's own pages. */
export function AdminNav() {
  const path = usePathname();
  return (
    <nav aria-label="Platform" className="mb-6 border-b border-line">
      <ul className="-mb-px flex flex-wrap gap-x-5">
        {PAGES.map(({ href, name }) => {
          const here = href === "/admin" ? path === href : path === href || path.startsWith(`${href}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={cx(
                  "inline-flex h-10 items-center border-b-2 text-14 font-medium transition-colors",
                  here ? "border-accent text-ink" : "border-transparent text-ink-2 hover:text-ink",
                )}
              >
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
