import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, statSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, StackError } from "./errors";
import { PROJECT_ROOT } from "./files";
import { birthOf, forgetProcess, OWNER_VARIABLE, rememberProcess, signal } from "./processes";

/** Takes one line of a part's output, or of what the stack itself has to say about the part. */
export type Log = (part: string, line: string) => void;

export interface PartSpec {
  readonly name: string;
  /** The binary itself, never a shell or a wrapper: a wrapper that is killed leaves its child behind. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** False gives it `env` and nothing of this process's own environment. */
  readonly inheritEnv?: boolean;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before it is killed, in milliseconds. */
  readonly graceMs?: number;
  /** How long it may take to answer after its start, in milliseconds. */
  readonly readyWithinMs?: number;
  /** Asked again and again until it says true. */
  readonly isReady: () => Promise<boolean>;
  readonly beforeStart?: () => Promise<void>;
  /** Lines for the log file only. */
  readonly isQuiet?: (line: string) => boolean;
}

const CURSOR = ["\u001b[?25h", "\u001b[?25l"];
const MAX_LOG_BYTES = 5_000_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
/** A part that has run this long was healthy: its next failure starts the backoff afresh. */
const HEALTHY_AFTER_MS = 30_000;

/** One process of the local stack: started in a group of its own, watched, and stopped so that nothing is left. */
export class Part {
  readonly name: string;
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private tail: string[] = [];
  private logFile: WriteStream | undefined;
  /** Whether it is to come back when it dies; only once it has answered for the first time. */
  private wanted = false;
  private cancelled = false;
  private failures = 0;
  private startedAt = 0;

  constructor(
    private readonly dataDir: string,
    private readonly spec: PartSpec,
    private readonly log: Log,
    /** Whether it is started again when it dies by itself. */
    private readonly keepAlive: boolean,
  ) {
    this.name = spec.name;
  }

  /** The running process's id. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts the part and waits until it answers.
   * @throws StackError with the end of its output where it stops or stays silent instead
   */
  async start(): Promise<void> {
    if (this.child) return;
    this.cancelled = false;
    try {
      await this.launch();
      this.wanted = !this.cancelled;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async launch(): Promise<void> {
    await this.spec.beforeStart?.();
    if (this.cancelled) throw new StackError(`${this.spec.name} was stopped while it was being started.`);
    const { name, command, args, cwd, uid, gid } = this.spec;
    const inherited = this.spec.inheritEnv === false ? {} : process.env;
    const { NODE_ENV } = process.env;
    const env: NodeJS.ProcessEnv = { NODE_ENV, ...inherited, ...this.spec.env, [OWNER_VARIABLE]: this.dataDir };
    const identity = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    const child = spawn(command, args, {
      cwd: cwd ?? PROJECT_ROOT,
      env,
      ...identity,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    this.startedAt = Date.now();
    this.tail = [];
    this.openLog();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.take(line));
    }
    let failure: string | undefined;
    let gone = false;
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        failure = `could not be started: ${messageOf(error)}`;
        gone = true;
        resolve();
      });
      child.once("exit", (code, by) => {
        failure = by ? `was ended by ${by}` : `stopped with exit code ${code}`;
        gone = true;
        resolve();
      });
    });
    if (child.pid !== undefined) rememberProcess(this.dataDir, name, child.pid, this.stopping);
    void this.exited.then(() => this.onExit(child, failure ?? "stopped"));
    await this.untilReady(() => (gone ? (failure ?? "stopped") : undefined));
  }

  private async untilReady(failure: () => string | undefined): Promise<void> {
    const limit = this.spec.readyWithinMs ?? 30_000;
    const deadline = Date.now() + limit;
    for (;;) {
      const reason = failure();
      if (reason) throw new StackError(`${this.name} ${reason}.${this.lastWords()}`);
      if (await this.spec.isReady().catch(() => false)) return;
      if (Date.now() > deadline) {
        throw new StackError(`${this.name} did not answer within ${Math.round(limit / 1000)} s.${this.lastWords()}`);
      }
      await sleep(25);
    }
  }

  private onExit(child: ChildProcess, reason: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    // Whatever it had started itself goes with it.
    if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
    forgetProcess(this.dataDir, this.name);
    this.logFile?.end();
    this.logFile = undefined;
    if (!this.wanted || !this.keepAlive) return;
    if (Date.now() - this.startedAt > HEALTHY_AFTER_MS) this.failures = 0;
    const wait = Math.min(FIRST_BACKOFF_MS * 2 ** this.failures++, LONGEST_BACKOFF_MS);
    this.log(this.name, `${reason}; it is started again in ${wait / 1000} s`);
    void this.revive(wait);
  }

  private async revive(wait: number): Promise<void> {
    await sleep(wait);
    if (!this.wanted || this.child) return;
    try {
      await this.launch();
      this.log(this.name, "answers again");
    } catch (error) {
      // Where it has died, onExit has planned the next attempt; where it is silent, end it so that onExit does.
      this.log(this.name, messageOf(error));
      this.kill("SIGKILL");
    }
  }

  /** Sends a signal to the part and whatever it started. With `keepAlive` it comes back by itself. */
  kill(name: NodeJS.Signals): void {
    if (this.child?.pid !== undefined) signal(-this.child.pid, name);
  }

  /** Stops the part: its own signal first, by force after its grace. Safe to call at any time, and twice. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.cancelled = true;
    const child = this.child;
    if (child?.pid === undefined) return;
    signal(child.pid, this.stopping.signal);
    const force = setTimeout(() => this.kill("SIGKILL"), this.stopping.graceMs);
    await this.exited;
    clearTimeout(force);
    // The group outlives its leader by a moment.
    signal(-child.pid, "SIGKILL");
    forgetProcess(this.dataDir, this.name);
  }

  private get stopping(): { signal: NodeJS.Signals; graceMs: number } {
    return { signal: this.spec.stopSignal ?? "SIGTERM", graceMs: this.spec.graceMs ?? 6_000 };
  }

  /** True while its process lives. */
  isRunning(): boolean {
    return this.child?.pid !== undefined && birthOf(this.child.pid) !== undefined;
  }

  private openLog(): void {
    const path = join(this.dataDir, "logs", `${this.name}.log`);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.logFile = createWriteStream(path, { flags: size > MAX_LOG_BYTES ? "w" : "a" });
    // A full disk or a wiped folder must not end the stack.
    this.logFile.on("error", () => {});
  }

  private take(raw: string): void {
    // Next shows and hides the cursor, which is no line for a log.
    const line = CURSOR.reduce((text, code) => text.replaceAll(code, ""), raw);
    this.logFile?.write(`${new Date().toISOString()} ${line}\n`);
    this.tail = [...this.tail.slice(-11), line];
    if (line.trim() !== "" && !this.spec.isQuiet?.(line)) this.log(this.name, line);
  }

  private lastWords(): string {
    const words = this.tail.filter((line) => line.trim() !== "");
    return words.length > 0 ? ` It said last:\n  ${words.join("\n  ")}` : "";
  }
}
