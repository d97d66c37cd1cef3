"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { buttonClass } from "@/components/button";
import { AppIcon } from "@/components/icons/apps";
import { Notice } from "@/components/notice";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ActivationBadge, StatusBadge } from "@/features/catalog/components/app-badges";
import { AppAbout, AppChangelog, AppFacts, AppSettings } from "@/features/catalog/components/app-facts";
import { AppPicture } from "@/features/catalog/components/app-picture";
import { AppTile } from "@/features/catalog/components/app-tile";
import { CostCalculator } from "@/features/catalog/components/cost-calculator";
import type { AppPage as App } from "@/features/catalog/contract";
import { ourPageOf } from "@/features/catalog/rules";
import { useTRPC } from "@/trpc/client";
import { ActivationActions } from "./activation-actions";
import { AppHistory } from "./app-history";
import { EmbedPanel } from "./embed-panel";
import { planNeed } from "./upgrade";

/** An app's own page: what it does and costs, how it stands with the brand, and what can be done about that. */
export function AppPage({
  slug,
  canWrite,
  canBuy,
  canSeeKeys,
  canSeeHistory,
}: {
  slug: string;
  canWrite: boolean;
  canBuy: boolean;
  canSeeKeys: boolean;
  canSeeHistory: boolean;
}) {
  const trpc = useTRPC();
  const { data: app, error, refetch } = useQuery(trpc.catalog.app.queryOptions({ slug }));
  useSessionEnd(error);
  if (!app && !error) return <Skeleton className="h-160 w-full rounded-card" />;
  if (!app) return <QueryError what="The app" error={error} retry={refetch} />;
  const ours = ourPageOf(app.id);
  const on = app.activation === "active" || app.activation === "paused";
  return (
    <div className="grid gap-6">
      <header className="grid gap-4">
        <Breadcrumb />
        <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4">
          <div className="flex min-w-0 flex-1 basis-80 items-start gap-4">
            <AppIcon appId={app.id} size={56} />
            <div className="min-w-0">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <h1 id="page-title" tabIndex={-1} className="text-28 font-semibold wrap-anywhere">
                  {app.name}
                </h1>
                <span className="flex gap-1.5">
                  <StatusBadge status={app.status} />
                  <ActivationBadge activation={app.activation} />
                </span>
              </div>
              <p className="mt-1 max-w-prose text-14 text-ink-2">{app.description}</p>
            </div>
          </div>
          <div className="flex flex-wrap items-start gap-2">
            {ours && app.activation === "active" && (
              <Link href={ours.href} className={buttonClass("main")}>
                Open
              </Link>
            )}
            {canWrite && <ActivationActions app={app} canBuy={canBuy} />}
          </div>
        </div>
        <Standing app={app} canWrite={canWrite} canBuy={canBuy} />
      </header>
      <div className="grid gap-4 lg:grid-cols-12 lg:items-start">
        {/* On narrow screens the two columns become one, and what it costs comes before what can be set. */}
        <div className="min-w-0 max-lg:contents lg:col-span-8 lg:grid lg:gap-4">
          {on && canSeeKeys && !ours && <EmbedPanel app={app} />}
          <AppPicture appId={app.id} />
          <AppAbout app={app} />
          <div className="min-w-0 max-lg:order-1">
            <AppSettings app={app} />
          </div>
          <div className="min-w-0 max-lg:order-1">
            <AppChangelog app={app} />
          </div>
        </div>
        <div className="min-w-0 max-lg:contents lg:col-span-4 lg:grid lg:gap-4">
          <AppFacts app={app} />
          <CostCalculator app={app} />
          {canSeeHistory && (
            <div className="min-w-0 max-lg:order-1">
              <AppHistory appId={app.id} />
            </div>
          )}
        </div>
      </div>
      <section aria-labelledby="similar" className="grid gap-3">
        <h2 id="similar" className="text-16 font-semibold">
          Similar apps
        </h2>
        <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
          {app.similar.map((other) => (
            <AppTile key={other.id} app={other} level="h3" />
          ))}
        </div>
      </section>
    </div>
  );
}

/** The way back to all apps. */
function Breadcrumb() {
  return (
    <nav aria-label="Breadcrumb" className="text-13">
      <Link href="/apps" className="rounded-control text-ink-2 hover:text-ink">
        Connected Apps
      </Link>
    </nav>
  );
}

/** What there is to know before acting, where there is something. */
function Standing({ app, canWrite, canBuy }: { app: App; canWrite: boolean; canBuy: boolean }) {
  if (app.status === "disabled") {
    return (
      <Notice kind="stopped" title={`${app.name} is no longer offered`}>
        Uses are refused and cost nothing. Your configuration is kept.
      </Notice>
    );
  }
  if (app.status === "deprecated") {
    return (
      <Notice kind="soon" title={`${app.name} is being retired`}>
        Brands that have it keep it for now; new ones cannot turn it on. Look at the similar apps below.
      </Notice>
    );
  }
  if (app.activation === "paused") {
    const need = planNeed(app);
    return (
      <Notice kind="soon" title={`${app.name} is paused`}>
        {ourPageOf(app.id) ? "Its page is closed" : "Its button in your shop is quiet"} and no tokens are spent.{" "}
        {app.covered
          ? "Nothing of its configuration changed."
          : `${need.why}, and ${app.planInForce ? "does not cover it" : "so opens nothing"}. ${need.way}`}
        {!app.covered && !canBuy && " An admin of your brand can see to it."}
      </Notice>
    );
  }
  if (app.status === "beta" && app.activation !== "active") {
    return (
      <Notice kind="info" title="This app is in beta">
        It is priced as shown; what it does, how it looks and what you can set may still change.
      </Notice>
    );
  }
  if (!canWrite && app.activation !== "active") {
    return <p className="text-13 text-ink-2">A manager or an admin of your brand can turn it on.</p>;
  }
  return null;
}
