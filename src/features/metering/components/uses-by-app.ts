import type { z } from "zod";
import type { latestEntriesResponse } from "../contract";

export type Entry = z.infer<typeof latestEntriesResponse>["entries"][number];

/** What the uses among some entries spent on one app. */
export interface AppUse {
  /** Catalogue id; null where several apps are folded together. */
  readonly appId: string | null;
  readonly name: string;
  readonly tokens: number;
  readonly uses: number;
}

/** More than this many apps fold into "Other": a ring with more segments cannot be read. */
const MOST = 6;

/** Tokens and uses by app, the largest first, among the usage entries given. */
export function usesByApp(entries: readonly Entry[]): AppUse[] {
  const apps = new Map<string, { appId: string; name: string; tokens: number; uses: number }>();
  for (const entry of entries) {
    // A hold is used once it is settled, and with no token used it was released.
    const used = entry.kind === "usage" || (entry.kind === "settle" && entry.tokens > 0);
    if (!used || entry.appId === null) continue;
    const app = apps.get(entry.appId) ?? { appId: entry.appId, name: entry.appName ?? entry.appId, tokens: 0, uses: 0 };
    app.tokens += entry.tokens;
    app.uses += 1;
    apps.set(entry.appId, app);
  }
  const sorted = [...apps.values()].sort((a, b) => b.tokens - a.tokens || a.name.localeCompare(b.name));
  if (sorted.length <= MOST) return sorted;
  const rest = sorted.slice(MOST - 1);
  const sum = (pick: (app: AppUse) => number) => rest.reduce((total, app) => total + pick(app), 0);
  return [
    ...sorted.slice(0, MOST - 1),
    { appId: null, name: "Other", tokens: sum((app) => app.tokens), uses: sum((app) => app.uses) },
  ];
}
