import { execFile } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as people type it, to its end. A variable set to undefined is taken out of its environment. */
export const run = (args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      ["src/cli/run.mjs", ...args],
      { cwd: ROOT, env: { ...process.env, ...env }, timeout: 25_000 },
      (_, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
