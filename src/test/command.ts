import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { format } from "node:util";
import { vi } from "vitest";

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

let runs = 0;

/**
 * The same within the test's process, on the stores that it uses: a process of its own takes seconds to load what is
 * loaded here already. What `run` shows, that a command can be typed, one call of it shows for all.
 */
export async function runHere([file = "", ...args]: string[]): Promise<Ended> {
  const { argv, exitCode } = process;
  const said = { log: "", error: "" };
  const spies = (["log", "error"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...words) => {
      said[name] += `${format(...words)}\n`;
    }),
  );
  process.argv = [process.execPath, resolve(ROOT, file), ...args];
  process.exitCode = undefined;
  try {
    // A command runs as it is loaded; another address loads it again.
    await import(/* @vite-ignore */ `${resolve(ROOT, file)}?run=${++runs}`);
    return { code: Number(process.exitCode ?? 0), stdout: said.log, stderr: said.error };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}
