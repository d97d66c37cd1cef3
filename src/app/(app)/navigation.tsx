"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { cx } from "@/components/cx";
import {
  AppsIcon,
  AuditIcon,
  BillingIcon,
  ChartIcon,
  FramesIcon,
  KeyIcon,
  OverviewIcon,
  SettingsIcon,
  TeamIcon,
} from "@/components/icons/interface";
import type { Permission } from "@/features/team/rules";

/** The pages of the product, in the order of the navigation. */
export const PLACES: {
  href: string;
  name: string;
  icon: ReactNode;
  needs: Permission | null;
  /** Left out of the bar at the foot of a phone, which holds five: it stands in the menu of the person there. */
  wideOnly?: true;
}[] = [
  { href: "/overview", name: "Overview", icon: <OverviewIcon />, needs: "usage:read" },
  { href: "/apps", name: "Connected Apps", icon: <AppsIcon />, needs: "apps:read" },
  { href: "/products", name: "Products", icon: <FramesIcon />, needs: "apps:read", wideOnly: true },
  { href: "/usage", name: "Usage", icon: <ChartIcon />, needs: "usage:read" },
  { href: "/billing", name: "Billing", icon: <BillingIcon />, needs: "billing:read" },
  { href: "/keys", name: "API keys", icon: <KeyIcon />, needs: "keys:read" },
  { href: "/team", name: "Team", icon: <TeamIcon />, needs: "team:read", wideOnly: true },
  { href: "/audit", name: "Audit log", icon: <AuditIcon />, needs: "audit:read", wideOnly: true },
  { href: "/settings", name: "Settings", icon: <SettingsIcon />, needs: null, wideOnly: true },
];

/** The places that somebody with these permissions may go to. */
export const placesFor = (permissions: readonly Permission[]) =>
  PLACES.filter(({ needs }) => needs === null || permissions.includes(needs));

/** The pages this person may open; one list for the side bar and for the bar at the foot of a phone. */
export function Navigation({ permissions }: { permissions: Permission[] }) {
  const path = usePathname();
  return (
    <nav
      aria-label="Main"
      className="max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-30 max-md:border-t max-md:border-line max-md:bg-surface max-md:pb-[env(safe-area-inset-bottom)]"
    >
      <ul className="flex md:grid md:gap-0.5">
        {placesFor(permissions).map((place) => {
          const here = path === place.href || path.startsWith(`${place.href}/`);
          return (
            <li key={place.href} className={cx("max-md:flex-auto", place.wideOnly && "max-md:hidden")}>
              <Link
                href={place.href}
                aria-current={here ? "page" : undefined}
                className={cx(
                  "relative flex items-center rounded-control font-medium transition-colors max-md:h-15 max-md:flex-col max-md:justify-center max-md:gap-0.5 max-md:whitespace-nowrap max-md:text-12 md:h-9 md:gap-2.5 md:px-2.5 md:text-14",
                  here ? "text-ink md:bg-inset" : "text-ink-2 hover:text-ink md:hover:bg-inset",
                )}
              >
                <span className={cx(here && "text-accent-ink")}>{place.icon}</span>
                {place.name}
                {here && (
                  <span
                    aria-hidden="true"
                    className="absolute rounded-full bg-accent max-md:inset-x-auto max-md:top-0 max-md:h-0.5 max-md:w-10 md:top-2 md:bottom-2 md:-left-3 md:w-0.5"
                  />
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
