import { formatCount, formatTokens } from "@/components/format";
import { appHue } from "@/components/icons/apps";
import { Skeleton } from "@/components/skeleton";
import type { AppUse } from "./uses-by-app";

/** The segments of the right ring, each with its app, tokens and uses. In two columns where there is room. */
export function UseLegend({ apps }: { apps: AppUse[] | undefined }) {
  return (
    <div className="mx-auto min-h-11 w-full max-w-152 border-t border-line pt-4">
      {!apps && <Skeleton className="mx-auto h-5 w-64 max-w-full" />}
      {apps?.length === 0 && (
        <p className="text-center text-13 text-ink-2">The right ring fills by app as your shoppers use them.</p>
      )}
      {apps && apps.length > 0 && (
        <ul className="grid gap-x-12 gap-y-1.5 md:grid-cols-2">
          {apps.map((app) => (
            <li key={app.appId ?? "other"} className="flex min-w-0 items-center gap-2 text-13">
              <span
                aria-hidden="true"
                className="h-3 w-1 shrink-0 rounded-full"
                style={{ background: appHue(app.appId) }}
              />
              <span className="min-w-0 flex-1 truncate">{app.name}</span>
              <span className="figures whitespace-nowrap text-ink-2">
                {formatTokens(app.tokens)} · {app.uses === 1 ? "1 use" : `${formatCount(app.uses)} uses`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
