/**
 * How long requests took, counted in buckets: a few numbers for each group of routes, whatever the traffic. Runs on every
 * host. The edge cannot be asked for its figures, so it sends them along with the wakes of the drain.
 */

/** Upper bounds, seconds. 0.2 and 0.5 are the target and the alarm of the product's owner. */
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10] as const;
/** Closed, so that no address of a caller's can make a series of its own. */
export const GROUPS = ["consume", "reservations", "tokens", "apps", "billing", "widget", "pages", "other"] as const;
export type Group = (typeof GROUPS)[number];
export const OUTCOMES = ["2xx", "3xx", "4xx", "5xx"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Of one group and outcome: how many fell under each bound, and beyond the last; and their sum in seconds. */
export interface Series {
  readonly group: Group;
  readonly outcome: Outcome;
  readonly counts: number[];
  sum: number;
}

const outcomeOf = (status: number): Outcome =>
  status >= 500 ? "5xx" : status >= 400 ? "4xx" : status >= 300 ? "3xx" : "2xx";

/** The group of an address of ours. */
export function groupOf(pathname: string): Group {
  const [, , first, second, third, fourth] = pathname.split("/");
  if (first === "trpc") return "pages";
  if (second === "apps") return "apps";
  if (first === "v1" && second === "widget") return "widget";
  if (first !== "v1" || second !== "customer") return "other";
  if (third === "tokens")
    return fourth === "consume" ? "consume" : fourth === "reservations" ? "reservations" : "tokens";
  return third === "apps" || third === "billing" ? third : "other";
}

export class Latencies {
  #series = new Map<string, Series>();

  /** @param seconds how long the request took */
  note(group: Group, status: number, seconds: number): void {
    const series = this.#of(group, outcomeOf(status));
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += seconds;
  }

  /** Adds what another process has counted. */
  add(given: readonly Series[]): void {
    for (const { group, outcome, counts, sum } of given) {
      const series = this.#of(group, outcome);
      for (const [at, n] of counts.entries()) series.counts[at] = (series.counts[at] ?? 0) + n;
      series.sum += sum;
    }
  }

  /** All that was counted, and begins anew: for a process whose figures another one keeps. */
  take(): Series[] {
    const taken = [...this.#series.values()];
    this.#series = new Map();
    return taken;
  }

  /** All that was counted so far. */
  read(): readonly Series[] {
    return [...this.#series.values()];
  }

  /** As Prometheus reads a histogram. */
  text(): string {
    const name = "http_request_duration_seconds";
    const lines = [`# HELP ${name} How long requests took`, `# TYPE ${name} histogram`];
    for (const { group, outcome, counts, sum } of this.#series.values()) {
      const labels = `route="${group}",status="${outcome}"`;
      let below = 0;
      for (const [at, bound] of BOUNDS.entries()) {
        below += counts[at] ?? 0;
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
      }
      below += counts[BOUNDS.length] ?? 0;
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${below}`, `${name}_sum{${labels}} ${sum}`);
      lines.push(`${name}_count{${labels}} ${below}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #of(group: Group, outcome: Outcome): Series {
    const key = `${group} ${outcome}`;
    let series = this.#series.get(key);
    if (!series) {
      series = { group, outcome, counts: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}

// One set per process, also across hot reloads and across the bundles of several routes.
const held = globalThis as typeof globalThis & { connectedAppsLatencies?: Latencies };

/** This process's own. */
export function latencies(): Latencies {
  held.connectedAppsLatencies ??= new Latencies();
  return held.connectedAppsLatencies;
}

/** Answers a request and notes how long it took. A verb that throws counts as 500. */
export async function timed(group: Group, answer: () => Promise<Response>): Promise<Response> {
  const started = performance.now();
  let status = 500;
  try {
    const response = await answer();
    status = response.status;
    return response;
  } finally {
    latencies().note(group, status, (performance.now() - started) / 1000);
  }
}
