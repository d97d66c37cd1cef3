import { Agent, request } from "node:http";

export interface LoadResult {
  /** Answers a second. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Answers with another status than 200, and calls without an answer. */
  readonly errors: number;
}

export interface Load {
  /** On loopback. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Posts over a fixed number of connections for a fixed time, each sending its next request when the last is answered. */
export async function post(load: Load): Promise<LoadResult> {
  const { hostname } = new URL(load.url);
  if (hostname !== "localhost" && hostname !== "127.0.0.1") throw new Error("Load goes to loopback only");
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const times: number[] = [];
  let errors = 0;
  const until = performance.now() + load.seconds * 1000;
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const begun = performance.now();
      const done = (status: number | undefined) => {
        if (status === 200) times.push(performance.now() - begun);
        else errors++;
        resolve();
      };
      const call = request(load.url, {
        agent,
        method: "POST",
        headers: {
          ...load.headers,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(load.body),
        },
      });
      call.on("error", () => done(undefined));
      call.on("response", (response) => {
        response.resume();
        response.on("end", () => done(response.statusCode));
      });
      call.end(load.body);
    });
  const connection = async () => {
    while (performance.now() < until) await once();
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  agent.destroy();
  const sorted = times.toSorted((a, b) => a - b);
  return {
    perSecond: times.length / load.seconds,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    errors,
  };
}
