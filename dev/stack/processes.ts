import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StackError } from "./errors";
import { readJson } from "./files";

/** A process as a pid file remembers it. Pids are reused, so its birth proves that it is still the same one. */
export interface ProcessMark {
  readonly name: string;
  readonly pid: number;
  /** When the kernel says it was started, in a form that is only ever compared. */
  readonly birth: string;
  readonly command: string;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  readonly startedAt: number;
}

/** The variable that every part, and whatever it starts, carries: the data folder it belongs to. */
export const OWNER_VARIABLE = "CONNECTED_APPS_STACK";

/** When a live process was started, or undefined where there is none. A zombie counts as gone. */
export function birthOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      // The name stands in brackets and may itself hold brackets and spaces: count from the last one.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return undefined;
      return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${rest[18]}`;
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The command line of a live process, for people to read. */
export function commandOf(pid: number): string {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/**
 * The processes a command started by npm depends on: its parent and, where that is only the shell npm puts in between,
 * npm itself.
 */
export function startersOf(parent: number): { pid: number; birth: string }[] {
  const birth = birthOf(parent);
  if (parent <= 1 || birth === undefined) return [];
  const own = { pid: parent, birth };
  if (!/^(\S*\/)?(ba|da|z|k)?sh -c /.test(commandOf(parent))) return [own];
  try {
    const above = execFileSync("ps", ["-o", "ppid=", "-p", String(parent)], { encoding: "utf8", stdio: "pipe" });
    return [own, ...startersOf(Number(above)).slice(0, 1)];
  } catch {
    return [own];
  }
}

/** True while the very process that was marked is running. */
export const isRunning = (mark: Pick<ProcessMark, "pid" | "birth">): boolean => birthOf(mark.pid) === mark.birth;

/** The live processes that a process has started, and those that they have. Linux only; elsewhere none. */
export function childrenOf(parent: number): number[] {
  if (process.platform !== "linux") return [];
  const own = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(parent);
      } catch {
        return false;
      }
    });
  return own.flatMap((pid) => [pid, ...childrenOf(pid)]);
}

/** Sends a signal; a process (or, with a negative pid, a group) that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}

const pidFile = (dataDir: string, name: string): string => join(dataDir, "pids", `${name}.json`);

/** Remembers a process that has just been started. */
export function rememberProcess(
  dataDir: string,
  name: string,
  pid: number,
  stop: { signal: NodeJS.Signals; graceMs: number },
): void {
  const mark: ProcessMark = {
    name,
    pid,
    birth: birthOf(pid) ?? "",
    command: commandOf(pid),
    stopSignal: stop.signal,
    graceMs: stop.graceMs,
    startedAt: Date.now(),
  };
  writeFileSync(pidFile(dataDir, name), `${JSON.stringify(mark)}\n`, { mode: 0o600 });
}

/** Forgets a process that has ended. */
export const forgetProcess = (dataDir: string, name: string): void => rmSync(pidFile(dataDir, name), { force: true });

function readMark(dataDir: string, name: string): ProcessMark | undefined {
  const { pid, birth, command, stopSignal, graceMs, startedAt } = readJson(pidFile(dataDir, name));
  if (typeof pid !== "number" || typeof birth !== "string" || birth === "") return undefined;
  return {
    name,
    pid,
    birth,
    command: typeof command === "string" ? command : "",
    stopSignal: stopSignal === "SIGINT" ? "SIGINT" : "SIGTERM",
    graceMs: typeof graceMs === "number" ? graceMs : 5_000,
    startedAt: typeof startedAt === "number" ? startedAt : 0,
  };
}

/** Waits until a marked process is gone. @returns false where it is still there after `ms` milliseconds */
export async function waitForEnd(mark: Pick<ProcessMark, "pid" | "birth">, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isRunning(mark)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Live processes of a group that carry this data folder's mark in their environment. Linux only; elsewhere none. */
function strayMembers(dataDir: string, group: number): number[] {
  if (process.platform !== "linux") return [];
  const sign = `${OWNER_VARIABLE}=${dataDir}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state !== "Z" && pgrp === String(group) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(sign);
      } catch {
        return false;
      }
    });
}

/**
 * Stops what a killed run has left behind on this data folder, newest first, each with its own signal, and by force
 * after its grace. A pid that now belongs to something else is left alone.
 * @returns the names of the parts that were still running
 */
export async function stopLeftovers(dataDir: string): Promise<string[]> {
  const marks = readdirSync(join(dataDir, "pids"))
    .filter((file) => file.endsWith(".json") && file !== "supervisor.json")
    .map((file) => readMark(dataDir, file.slice(0, -".json".length)))
    .filter((mark) => mark !== undefined)
    .sort((a, b) => b.startedAt - a.startedAt);
  const found: string[] = [];
  for (const mark of marks) {
    if (isRunning(mark)) {
      found.push(mark.name);
      signal(mark.pid, mark.stopSignal);
      if (!(await waitForEnd(mark, mark.graceMs))) {
        signal(-mark.pid, "SIGKILL");
        await waitForEnd(mark, 2_000);
      }
    }
    const strays = strayMembers(dataDir, mark.pid);
    for (const pid of strays) signal(pid, "SIGKILL");
    if (strays.length > 0 && !found.includes(mark.name)) found.push(mark.name);
    forgetProcess(dataDir, mark.name);
  }
  return found;
}

/**
 * Makes this process the only one that runs a stack on the data folder. Released by `releaseDataDir`, or by dying.
 * @returns false where the one before it was killed rather than stopped
 * @throws StackError naming the process that has it already
 */
export function claimDataDir(dataDir: string): boolean {
  const file = pidFile(dataDir, "supervisor");
  const holder = readMark(dataDir, "supervisor");
  if (holder && holder.pid !== process.pid && isRunning(holder)) {
    throw new StackError(
      `Connected Apps is already running on ${dataDir} (pid ${holder.pid}). ` +
        `Stop it with Ctrl-C in its terminal or \`kill ${holder.pid}\`, or take another folder and port: \`DATA_DIR=.data/second PORT=3001 npm run dev\`.`,
    );
  }
  rmSync(file, { force: true });
  const mark = { pid: process.pid, birth: birthOf(process.pid) ?? "", command: commandOf(process.pid) };
  try {
    // "wx": of two that start in the same instant, one finds the file there.
    writeFileSync(file, `${JSON.stringify(mark)}\n`, { mode: 0o600, flag: "wx" });
  } catch {
    throw new StackError(`Another start on ${dataDir} was a moment earlier; this one steps back.`);
  }
  return holder === undefined;
}

/** Gives the data folder free. */
export function releaseDataDir(dataDir: string): void {
  if (readMark(dataDir, "supervisor")?.pid === process.pid) forgetProcess(dataDir, "supervisor");
}
