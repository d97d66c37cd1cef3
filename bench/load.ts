import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface LoadResult {
  /** How many were answered with 200. */
  readonly answers: number;
  /** The same a second. */
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
  /** One set a caller; the connections take turns with them. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly body: string;
}

/** Runs one of the benchmark's own programs: `input` on its stdin as JSON, its answer from its stdout. */
export async function program<T>(file: string, input: unknown): Promise<T> {
  const child = spawn(process.execPath, ["src/cli/run.mjs", file], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(input));
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return JSON.parse(answer) as T;
}

/** Posts over a fixed number of connections for a fixed time, each sending its next request when the last is answered. */
export function post(load: Load): Promise<LoadResult> {
  const { hostname } = new URL(load.url);
  if (hostname !== "localhost" && hostname !== "127.0.0.1") throw new Error("Load goes to loopback only");
  return program("bench/generator.ts", load);
}
