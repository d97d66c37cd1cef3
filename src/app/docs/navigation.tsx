"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "@/components/cx";

interface Entry {
  readonly href: string;
  readonly title: string;
}

const REFERENCE: readonly Entry[] = [
  { href: "/docs/api", title: "API reference" },
  { href: "/docs/api/errors", title: "Problem codes" },
];

/** The way round the guides: a column beside them, a row of links above them on a phone. */
export function DocsNavigation({ guides }: { guides: readonly Entry[] }) {
  const here = usePathname();
  return (
    <nav aria-label="Documentation" className="md:sticky md:top-6 md:self-start md:pt-6">
      <ul className="flex flex-wrap gap-1 border-b border-line pb-3 md:grid md:border-0 md:pb-0">
        {[{ href: "/docs", title: "Documentation" }, ...guides, ...REFERENCE].map(({ href, title }) => (
          <li key={href}>
            <Link
              href={href}
              aria-current={here === href ? "page" : undefined}
              className={cx(
                "flex min-h-8 items-center rounded-control px-2.5 text-14 md:-ml-2.5",
                here === href ? "bg-inset font-medium text-ink" : "text-ink-2 hover:text-ink",
              )}
            >
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
