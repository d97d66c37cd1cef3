import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { StackError } from "./errors";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

function onPath(): string | undefined {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter).filter(Boolean)];
  for (const name of NAMES) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

async function playwrightsOwn(): Promise<string | undefined> {
  const { chromium } = await import("playwright");
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

function installOnDebian(): void {
  const apt = (...args: string[]): void => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", args, { stdio: ["ignore", "inherit", "inherit"], env });
  };
  console.log("No Chromium on this machine: installing Debian's, since this is root.");
  apt("update", "-q");
  apt("install", "-y", "-q", "--no-install-recommends", "chromium");
}

/**
 * Finds a browser for the end-to-end tests: PLAYWRIGHT_CHROMIUM_PATH, the system's, Playwright's own; as root on Debian
 * the system's is installed.
 * @returns its path
 * @throws StackError that says what to type where there is none
 */
export async function findChromium(): Promise<string> {
  const given = process.env.PLAYWRIGHT_CHROMIUM_PATH;
  if (given) {
    if (existsSync(given)) return given;
    throw new StackError(`PLAYWRIGHT_CHROMIUM_PATH names ${given}, which does not exist.`);
  }
  const found = onPath() ?? (await playwrightsOwn());
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") && existsSync("/etc/debian_version")) {
    installOnDebian();
    const installed = onPath();
    if (installed) return installed;
  }
  throw new StackError(
    "The end-to-end tests need Chromium, and there is none. Type `npx playwright install --with-deps chromium`, " +
      "or on Debian `sudo apt-get install -y chromium`, or set PLAYWRIGHT_CHROMIUM_PATH.",
  );
}
