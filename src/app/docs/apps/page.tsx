import type { Metadata } from "next";
import Link from "next/link";
import { formatTokens } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { publicApps } from "@/features/catalog/queries";
import { metering } from "@/rest/internal/metering";
import { GUIDES, textOf } from "../guides";
import { Markdown } from "../markdown";

// The catalogue may change at any time.
export const dynamic = "force-dynamic";

const guide = GUIDES.find(({ slug }) => slug === "apps");
export const metadata: Metadata = { title: guide?.title, description: guide?.about };

/** The guide to apps, with the way to each app's own page before its first part. */
export default async function AppsGuide() {
  const text = guide ? textOf(guide) : "";
  const { apps } = await publicApps(metering().db, { page: 1, per_page: 100 });
  const begins = text.indexOf("\n## ");
  return (
    <>
      <Markdown>{text.slice(0, begins)}</Markdown>
      <h2 className="mt-10 text-20 font-semibold">Each app</h2>
      <p className="mt-3 text-14 text-ink-2 md:text-[15px]">
        What it does, how it is put into a page, and all it can be set to.
      </p>
      <ul className="mt-4 grid gap-px overflow-hidden rounded-card border border-line bg-surface sm:grid-cols-2">
        {apps.map((app) => (
          <li key={app.id}>
            <Link
              href={`/docs/apps/${app.slug}`}
              className="flex items-center gap-3 px-4 py-3 text-14 font-medium text-ink -outline-offset-2 hover:bg-inset"
            >
              <AppIcon appId={app.id} size={32} />
              <span className="min-w-0 flex-1">{app.name}</span>
              <span className="figures shrink-0 text-12 font-normal text-ink-3">
                {app.variable_price && "from "}
                {formatTokens(app.token_cost)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <Markdown>{text.slice(begins)}</Markdown>
    </>
  );
}
