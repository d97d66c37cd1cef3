"use client";

import { ChartCard } from "@/components/chart/chart-card";
import { formatCount } from "@/components/format";
import { appHue } from "@/components/icons/apps";
import { spanWords } from "../../components/words";
import type { InsightFigures } from "../contract";
import { shareOf } from "../rules";
import { percent } from "./words";

/** Conversion of each app: the share of its sessions that ended with a frame in the basket. */
export function AppsCard({ data }: { data: InsightFigures }) {
  const opened = data.apps.filter((app) => app.opened > 0 || app.before.opened > 0);
  const rates = opened.map((app) => shareOf(app.carted, app.opened) ?? 0);
  const most = Math.max(...rates, 0.0001);
  return (
    <ChartCard
      title="Conversion by app"
      hint={
        <>
          The share of an app&rsquo;s sessions in which your shop said that a frame went into the basket. A shopper who
          opened two apps counts for both. Before is {spanWords(data.before)}.
        </>
      }
      file={`conversion-by-app-${data.from}-${data.to}`}
      drawn={false}
      figures={{
        columns: ["App", "Opened", "Results", "Baskets", "Conversion", "Before", "Tokens"],
        rows: data.apps.map((app) => ({
          key: app.appId,
          cells: [
            ...[app.name, app.opened, app.results, app.carted],
            ...[percent(shareOf(app.carted, app.opened)), percent(shareOf(app.before.carted, app.before.opened))],
            app.tokens,
          ],
        })),
        format: formatCount,
      }}
    >
      <ul className="grid gap-4">
        {opened.map((app, i) => (
          <li key={app.appId} className="grid gap-1.5 text-13">
            <span className="flex items-baseline gap-3">
              <span className="min-w-0 flex-1 truncate font-medium" title={app.name}>
                {app.name}
              </span>
              <span className="figures whitespace-nowrap">
                <span className="font-semibold">{percent(shareOf(app.carted, app.opened))}</span>
                <span className="ml-2 text-ink-3">before {percent(shareOf(app.before.carted, app.before.opened))}</span>
              </span>
            </span>
            <span aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-inset">
              <span
                className="block h-full rounded-full"
                style={{ width: `${((rates[i] ?? 0) / most) * 100}%`, background: appHue(app.appId) }}
              />
            </span>
            <span className="figures text-12 text-ink-3">
              {formatCount(app.carted)} of {formatCount(app.opened)} sessions · {formatCount(app.results)} with a result
            </span>
          </li>
        ))}
      </ul>
      {opened.length === 0 && <p className="text-13 text-ink-2">No app was opened on these days.</p>}
    </ChartCard>
  );
}
