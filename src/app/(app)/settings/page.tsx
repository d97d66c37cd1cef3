import type { Metadata } from "next";
import Link from "next/link";
import { currentSession } from "@/auth/session";
import { ArrowIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { BrandCard } from "@/features/team/components/settings/brand-card";
import { ProfileCard } from "@/features/team/components/settings/profile-card";
import { SessionsCard } from "@/features/team/components/settings/sessions-card";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Settings" };

const ELSEWHERE = [
  {
    href: "/settings/webhooks",
    name: "Webhooks",
    about: "What your servers are told of, and when.",
    needs: "keys:write",
  },
  { href: "/notifications", name: "Notifications", about: "What you are told of, and by which way.", needs: null },
] as const;

/** One's own account, the brand's name and clock, and the way to further settings. */
export default async function SettingsPage() {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  const { customer, permissions } = gate.session;
  const queries = getQueryClient();
  await Promise.all([
    queries.prefetchQuery(trpc.profile.get.queryOptions(undefined, { retry: false })),
    queries.prefetchQuery(trpc.profile.sessions.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <HydrateClient>
      <div className="grid gap-6">
        <PageTitle title="Settings" />
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <ProfileCard />
          <div className="grid gap-4">
            <SessionsCard />
            {permissions.has("team:write") && (
              <BrandCard
                key={`${customer.name} ${customer.timeZone}`}
                name={customer.name}
                timeZone={customer.timeZone}
              />
            )}
            {ELSEWHERE.filter(({ needs }) => needs === null || permissions.has(needs)).map(({ href, name, about }) => (
              <Link
                key={href}
                href={href}
                className="flex items-center gap-4 rounded-card border border-line bg-surface px-4 py-3.5 transition-colors hover:bg-inset md:px-5"
              >
                <span className="grid min-w-0 flex-1 gap-0.5">
                  <span className="text-14 font-semibold">{name}</span>
                  <span className="text-13 text-ink-2">{about}</span>
                </span>
                <ArrowIcon size={18} className="text-ink-3" />
              </Link>
            ))}
          </div>
        </div>
      </div>
    </HydrateClient>
  );
}
