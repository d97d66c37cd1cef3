import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { messageOf, StackError } from "./errors";

export interface RedisBinary {
  readonly command: string;
  readonly env: Record<string, string>;
  /** Where it comes from, for the log. */
  readonly origin: string;
}

const run = promisify(execFile);
const NAMES = ["redis-server", "valkey-server"];
/** What redis-server itself needs on Debian and Ubuntu; more is read from the package's own list. */
const PACKAGES = ["redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1"];

const INSTALL: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    "Debian and Ubuntu: `sudo apt-get install -y redis-server`; Fedora: `sudo dnf install -y valkey`; " +
    "Arch: `sudo pacman -S valkey`; Alpine: `apk add valkey`",
  darwin: "type `brew install redis`",
  win32: "use WSL, and there `sudo apt-get install -y redis-server`",
};

function onPath(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"];
  for (const name of NAMES) {
    for (const folder of folders.filter(Boolean)) {
      const candidate = join(folder, name);
      try {
        accessSync(candidate, constants.X_OK);
        return candidate;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

const has = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
};

/** The unpacked server with the folders of its libraries, if it runs. */
function unpackedIn(root: string): RedisBinary | undefined {
  const command = join(root, "usr", "bin", "redis-server");
  if (!existsSync(command)) return undefined;
  const libraries = ["usr/lib", "lib"]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [folder, ...readdirSync(folder).map((name) => join(folder, name))]);
  const env = { LD_LIBRARY_PATH: [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":") };
  try {
    execFileSync(command, ["--version"], { env: { ...process.env, ...env }, stdio: "pipe" });
    return { command, env, origin: "Debian's package, unpacked into the data folder" };
  } catch {
    return undefined;
  }
}

/**
 * Fetches Debian's or Ubuntu's own package and unpacks it: nothing is installed, no right is needed, and apt keeps its
 * lists in a folder of ours, so that empty lists or another apt at work are no matter.
 */
async function unpack(root: string, log: (line: string) => void): Promise<RedisBinary> {
  log("no redis-server on PATH: fetching the system's own package and unpacking it, once (nothing is installed)");
  mkdirSync(join(root, ".."), { recursive: true });
  const work = mkdtempSync(`${root}.part-`);
  const at = (name: string): string => join(work, name);
  try {
    for (const folder of ["apt/lists/partial", "apt/cache/archives/partial", "apt/log", "debs", "root"]) {
      mkdirSync(at(folder), { recursive: true });
    }
    const options = [
      `Dir::State=${at("apt")}`,
      `Dir::State::lists=${at("apt/lists")}`,
      "Dir::State::status=/dev/null",
      `Dir::Cache=${at("apt/cache")}`,
      `Dir::Log=${at("apt/log")}`,
      "Acquire::Languages=none",
      "Acquire::Retries=3",
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    const apt = (tool: string, args: string[]): Promise<{ stdout: string }> =>
      run(tool, [...options, ...args], { cwd: at("debs"), maxBuffer: 64 * 1024 * 1024, timeout: 300_000 });
    // An image's own clean-up hook may fail for want of rights although the lists have arrived: the download decides.
    await apt("apt-get", ["update"]).catch((error: unknown) => log(`apt-get update: ${firstLine(error)}`));
    const { stdout } = await apt("apt-cache", ["depends", "-i", "redis-server", "redis-tools"]).catch(() => ({
      stdout: "",
    }));
    const needed = [...stdout.matchAll(/^\s*\|?(?:Pre)?Depends: ((?:lib|lua)[a-z0-9.+-]+)/gm)].map(
      (match) => match[1] ?? "",
    );
    const wanted = [...new Set([...PACKAGES, ...needed.filter((name) => name && name !== "libc6")])];
    await apt("apt-get", ["download", ...wanted]).catch(() =>
      apt("apt-get", ["download", ...new Set(["redis-server", "redis-tools", ...needed])]),
    );
    for (const file of readdirSync(at("debs")).filter((name) => name.endsWith(".deb"))) {
      await run("dpkg", ["-x", join(at("debs"), file), at("root")]);
    }
    if (!unpackedIn(at("root"))) throw new Error("the unpacked server does not run");
    rmSync(root, { recursive: true, force: true });
    renameSync(at("root"), root);
    const binary = unpackedIn(root);
    if (!binary) throw new Error("the unpacked server does not run");
    return binary;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const firstLine = (error: unknown): string =>
  messageOf(error)
    .split("\n")
    .filter((line) => /^E:/.test(line))[0] ??
  messageOf(error).split("\n")[0] ??
  "";

/**
 * Finds a Redis (or Valkey) server for this machine: on PATH, else unpacked earlier, else the Debian package.
 * @param cacheDir keeps the unpacked package; shared between stacks, so that it is fetched once
 * @throws StackError that says what to type where there is none
 */
export async function findRedis(cacheDir: string, log: (line: string) => void): Promise<RedisBinary> {
  const found = onPath();
  if (found) return { command: found, env: {}, origin: found };
  const root = join(cacheDir, "redis-bin");
  const earlier = unpackedIn(root);
  if (earlier) return earlier;
  let reason = "";
  if (process.platform === "linux" && has("apt-get") && has("dpkg")) {
    try {
      return await unpack(root, log);
    } catch (error) {
      reason = ` (Fetching the system's package failed: ${firstLine(error)})`;
    }
  }
  throw new StackError(
    `Connected Apps needs a Redis server, and there is none on this machine. ${INSTALL[process.platform] ?? INSTALL.linux}. ` +
      `Or set REDIS_URL to a Redis of your own, emptied for this.${reason}`,
  );
}
