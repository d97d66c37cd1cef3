import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareDataDir } from "./files";
import {
  birthOf,
  claimDataDir,
  isRunning,
  OWNER_VARIABLE,
  releaseDataDir,
  rememberProcess,
  signal,
  stopLeftovers,
} from "./processes";

let folder: string;
const started: ChildProcess[] = [];

function start(code: string): { child: ChildProcess; pid: number; birth: string } {
  const env = { ...process.env, [OWNER_VARIABLE]: folder };
  const child = spawn(process.execPath, ["-e", code], { detached: true, stdio: ["ignore", "pipe", "inherit"], env });
  started.push(child);
  const pid = child.pid ?? 0;
  return { child, pid, birth: birthOf(pid) ?? "" };
}
const said = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString())));

const STAY = "console.log('up'); setInterval(() => {}, 1000)";
const TERM = { signal: "SIGTERM", graceMs: 300 } as const;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "processes-"));
  prepareDataDir(folder);
});
afterEach(() => {
  for (const child of started.splice(0)) if (child.pid) signal(-child.pid, "SIGKILL");
  rmSync(folder, { recursive: true });
});

describe("leftovers of a killed run", () => {
  it("are stopped, and their pid files go", async () => {
    const part = start(STAY);
    rememberProcess(folder, "worker", part.pid, TERM);
    expect(await stopLeftovers(folder)).toEqual(["worker"]);
    expect(isRunning(part)).toBe(false);
    expect(existsSync(join(folder, "pids", "worker.json"))).toBe(false);
    expect(await stopLeftovers(folder)).toEqual([]);
  });

  it("are stopped by force where they do not want to go", async () => {
    const part = start(`process.on('SIGTERM', () => {}); ${STAY}`);
    await said(part.child);
    rememberProcess(folder, "worker", part.pid, TERM);
    expect(await stopLeftovers(folder)).toEqual(["worker"]);
    expect(isRunning(part)).toBe(false);
  });

  it("are left alone where the pid now belongs to another process", async () => {
    const stranger = start(STAY);
    rememberProcess(folder, "redis", stranger.pid, TERM);
    const file = join(folder, "pids", "redis.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), birth: "another boot:1" }));
    // Without our mark in its environment it cannot be one of ours either.
    const environment = { ...process.env, [OWNER_VARIABLE]: "/elsewhere" };
    const other = spawn(process.execPath, ["-e", STAY], { detached: true, stdio: "ignore", env: environment });
    started.push(other);
    rememberProcess(folder, "next", other.pid ?? 0, TERM);
    const next = join(folder, "pids", "next.json");
    writeFileSync(next, JSON.stringify({ ...JSON.parse(readFileSync(next, "utf8")), birth: "another boot:2" }));
    await stopLeftovers(folder);
    expect(birthOf(other.pid ?? 0)).toBeDefined();
  });

  it.runIf(process.platform === "linux")("include what a dead part had started itself", async () => {
    const parent = start(
      `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
       console.log(c.pid); setInterval(() => {}, 1000)`,
    );
    const grandchild = Number(await said(parent.child));
    rememberProcess(folder, "next", parent.pid, TERM);
    signal(parent.pid, "SIGKILL");
    await expect.poll(() => birthOf(parent.pid)).toBeUndefined();
    expect(birthOf(grandchild)).toBeDefined();
    expect(await stopLeftovers(folder)).toEqual(["next"]);
    await expect.poll(() => birthOf(grandchild)).toBeUndefined();
  });
});

describe("one stack per data folder", () => {
  it("refuses while the holder lives, and says how to go on", () => {
    const holder = start(STAY);
    writeFileSync(join(folder, "pids", "supervisor.json"), JSON.stringify({ pid: holder.pid, birth: holder.birth }));
    expect(() => claimDataDir(folder)).toThrow(new RegExp(`already running on .* \\(pid ${holder.pid}\\).*DATA_DIR=`));
  });

  it("takes over from a holder that is dead, and gives free", () => {
    writeFileSync(join(folder, "pids", "supervisor.json"), JSON.stringify({ pid: process.pid, birth: "long ago" }));
    claimDataDir(folder);
    expect(existsSync(join(folder, "pids", "supervisor.json"))).toBe(true);
    releaseDataDir(folder);
    expect(existsSync(join(folder, "pids", "supervisor.json"))).toBe(false);
  });
});
