import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { freePort } from "../dev/stack/ports";

const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");

function next(args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [NEXT, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
  });
}

/** Builds a Next app of ours. @throws Error where the build fails */
export async function build(folder: string, env: Record<string, string>): Promise<void> {
  const [code] = await once(next(["build", folder], env), "exit");
  if (code !== 0) throw new Error(`${folder} did not build`);
}

/** Serves a built app on a free port of loopback and waits until it answers. */
export async function serve(
  folder: string,
  env: Record<string, string>,
  path: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = next(["start", folder, "-p", String(port), "-H", "localhost"], { ...env, AUTH_URL: url });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  for (let waited = 0; ; waited += 100) {
    const answer = await fetch(`${url}${path}`, { method: "OPTIONS" }).catch(() => null);
    if (answer && answer.status < 500) return { url, stop };
    if (waited > 30_000 || child.exitCode !== null) {
      await stop();
      throw new Error(`${folder} did not come up`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
