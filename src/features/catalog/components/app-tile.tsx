import Link from "next/link";
import { formatCount } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { Skeleton } from "@/components/skeleton";
import type { AppCard } from "../contract";
import { categoryName, TIER_NAMES } from "../rules";
import { ActivationBadge, StatusBadge } from "./app-badges";

const TILE = "flex min-h-52 flex-col rounded-card border border-line bg-surface p-5";

/** An app on the marketplace: what it does, what a use costs, which plan it needs, how it stands with the brand. */
export function AppTile({ app, level = "h2" }: { app: AppCard; level?: "h2" | "h3" }) {
  const Heading = level;
  return (
    <article
      className={`${TILE} group relative transition-colors hover:border-line-strong has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-offset-2 has-[a:focus-visible]:outline-accent`}
    >
      <div className="flex items-start justify-between gap-3">
        <AppIcon appId={app.id} size={44} />
        <div className="flex flex-wrap justify-end gap-1.5">
          <StatusBadge status={app.status} />
          <ActivationBadge activation={app.activation} />
        </div>
      </div>
      <Heading className="mt-4 text-16 font-semibold">
        <Link href={`/apps/${app.slug}`} className="outline-none after:absolute after:inset-0 after:rounded-card">
          {app.name}
        </Link>
      </Heading>
      <p className="mt-1 text-13 text-ink-2">{app.description}</p>
      <p className="mt-auto flex flex-wrap items-baseline justify-between gap-x-4 pt-4 text-12 text-ink-2">
        <span className="whitespace-nowrap">
          {app.variablePrice && "from "}
          <span className="figures text-14 font-medium text-ink">{formatCount(app.tokenCost)}</span>{" "}
          {app.tokenCost === 1 ? "token" : "tokens"} a use
        </span>
        <span>
          {categoryName(app.category)}, {TIER_NAMES[app.tier]} plan{!app.covered && " needed"}
        </span>
      </p>
    </article>
  );
}

/** Holds the place of a tile, at its size. */
export function AppTileSkeleton() {
  return (
    <div className={TILE} aria-hidden="true">
      <Skeleton className="size-11" />
      <Skeleton className="mt-4 h-5 w-36" />
      <Skeleton className="mt-2 h-4 w-full" />
      <Skeleton className="mt-2 h-4 w-2/3" />
      <Skeleton className="mt-auto h-4 w-44" />
    </div>
  );
}
