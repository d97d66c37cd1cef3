import type { ReactNode } from "react";
import { Wordmark } from "@/components/icons/mark";
import { Bell } from "@/features/notifications/components/bell";
import type { Permission, Role } from "@/features/team/rules";
import { Navigation } from "./navigation";
import { QuickSearch } from "./quick-search";
import { UserMenu } from "./user-menu";

/**
 * The frame of the signed-in pages: a side bar on wide screens; on phones a bar above with the name and the menu, and
 * the navigation in a bar below, under the thumb.
 */
export function Shell({
  user,
  brand,
  role,
  permissions,
  staff,
  children,
}: {
  user: { name: string; email: string };
  brand: string;
  role: Role;
  permissions: Permission[];
  /** One of the platform's own people. */
  staff: boolean;
  children: ReactNode;
}) {
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14rem_minmax(0,1fr)] lg:grid-cols-[15rem_minmax(0,1fr)]">
      <header className="sticky top-0 z-30 flex h-14 items-center justify-between gap-3 border-b border-line bg-surface px-4 md:h-dvh md:flex-col md:items-stretch md:justify-start md:gap-0 md:border-r md:border-b-0 md:px-3 md:py-4">
        <a
          href="#content"
          className="sr-only rounded-control bg-surface px-4 py-2 font-medium shadow-float focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50"
        >
          Skip to the content
        </a>
        <div className="min-w-0 md:px-2 md:pb-5">
          <Wordmark />
        </div>
        <div className="max-md:ml-auto md:pb-4">
          <QuickSearch permissions={permissions} />
        </div>
        <Navigation permissions={permissions} />
        <div className="max-md:-mr-2 md:mt-auto md:pb-2">
          <Bell />
        </div>
        <div className="min-w-0">
          <UserMenu user={user} brand={brand} role={role} permissions={permissions} staff={staff} />
        </div>
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-page px-4 pt-6 pb-28 outline-none md:px-8 md:pt-8 md:pb-16"
      >
        {children}
      </main>
    </div>
  );
}
