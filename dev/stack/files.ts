import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve, sep } from "node:path";

/** The project's root folder, whatever the working directory. */
export const PROJECT_ROOT = resolve(import.meta.dirname, "../..");

/** Where the local stack keeps its state: `$DATA_DIR`, by default `.data` in the project. Absolute. */
export const dataDirFromEnv = (): string => resolve(PROJECT_ROOT, process.env.DATA_DIR || ".data");

/** Makes the data folder. Others may pass through it (Postgres may run as another user) but not list it. */
export function prepareDataDir(dataDir: string): void {
  for (const folder of [dataDir, join(dataDir, "pids"), join(dataDir, "logs")]) {
    mkdirSync(folder, { recursive: true });
  }
  const mode = statSync(dataDir).mode & 0o777;
  if ((mode & 0o011) !== 0o011) chmodSync(dataDir, mode | 0o011);
}

/** Writes JSON so that a reader never sees half of it, readable by its owner only. */
export function writeJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Reads a flat JSON object; an absent or broken file is an empty one. */
export function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * Where Postgres's part of a data folder goes when the folder itself lies behind a door that the Postgres user cannot
 * pass, such as a checkout in root's own home. Only root needs it, so only root's part of the disk is used.
 */
export const relocatedHome = (dataDir: string): string =>
  join("/var/lib/connected-apps", createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 16));

/** Where a package that was fetched for the stack is kept, so that all stacks of this project share it. */
export const cacheDirFor = (dataDir: string): string =>
  resolve(dataDir).startsWith(PROJECT_ROOT + sep) ? join(PROJECT_ROOT, ".data") : resolve(dataDir);

const OURS = [
  "postgres",
  "postgres.password",
  "redis",
  "logs",
  "pids",
  "ports.json",
  "secrets.json",
  "env.json",
  "dev.json",
  "inbox.json",
];

/**
 * Deletes what a stack keeps in its data folder and elsewhere, and the folder itself if nothing else is in it: whoever
 * points DATA_DIR at the wrong place must not lose what is there. Nothing may be running on it.
 */
export function wipeDataDir(dataDir: string): void {
  for (const name of OURS) rmSync(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 });
  rmSync(relocatedHome(dataDir), { recursive: true, force: true, maxRetries: 3 });
  if (existsSync(dataDir) && readdirSync(dataDir).length === 0) rmdirSync(dataDir);
}
