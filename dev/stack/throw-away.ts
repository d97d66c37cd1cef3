import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dataDirFromEnv, wipeDataDir } from "./files";
import { birthOf, stopLeftovers } from "./processes";
import { type Services, type ServicesOptions, startServices } from "./services";

export type { Services };

const home = (): string => join(dataDirFromEnv(), "throw-away");

/**
 * A folder for a stack that is thrown away: `<data folder>/throw-away/<purpose>-<pid>`. The pid says whose it is, so that
 * what a killed run has left can be told from what is in use.
 */
export function throwAwayDir(purpose: string): string {
  const folder = join(home(), `${purpose}-${process.pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  return folder;
}

/** Stops and deletes the throw-away stacks whose process is gone. */
export async function sweepThrowAways(): Promise<void> {
  if (!existsSync(home())) return;
  for (const name of readdirSync(home())) {
    const pid = Number(/-(\d+)$/.exec(name)?.[1]);
    if (!pid || birthOf(pid) !== undefined) continue;
    const folder = join(home(), name);
    if (existsSync(join(folder, "pids"))) await stopLeftovers(folder);
    wipeDataDir(folder);
  }
}

/** Services in a folder of their own, with `stop` also deleting it. For tests, benchmarks and nothing else. */
export async function startThrowAway(purpose: string, options: Partial<ServicesOptions> = {}): Promise<Services> {
  await sweepThrowAways();
  const dataDir = throwAwayDir(purpose);
  const services = await startServices({ throwAway: true, ...options, dataDir });
  return {
    ...services,
    stop: async () => {
      await services.stop();
      wipeDataDir(dataDir);
    },
  };
}
