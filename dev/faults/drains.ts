import { type ChildProcess, spawn } from "node:child_process";
import { nodeArgs } from "../stack/services";
import type { Order, Word } from "./drain-child";

const ENTRY = "dev/faults/drain-child.ts";

/** A draining process as its parent sees it. */
export class DrainProcess {
  private readonly words: Word[] = [];
  private waiting: ((word: Word | null) => void) | undefined;
  private gone = false;
  private readonly exited: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.on("message", (word: Word) => this.take(word));
    this.exited = new Promise((resolve) => {
      const end = () => {
        this.gone = true;
        this.waiting?.(null);
        resolve();
      };
      child.once("exit", end);
      child.once("error", end);
    });
  }

  static async start(env: NodeJS.ProcessEnv): Promise<DrainProcess> {
    const child = spawn(process.execPath, nodeArgs(ENTRY), {
      env: { ...env, NODE_ENV: env.NODE_ENV ?? "test" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const drain = new DrainProcess(child);
    const word = await drain.next();
    if (word?.kind !== "ready") throw new Error("A draining process did not start");
    return drain;
  }

  private take(word: Word): void {
    if (this.waiting) this.waiting(word);
    else this.words.push(word);
  }

  /** What it says next; null where it has ended. */
  next(): Promise<Word | null> {
    const [word] = this.words.splice(0, 1);
    if (word) return Promise.resolve(word);
    if (this.gone) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiting = (said) => {
        this.waiting = undefined;
        resolve(said);
      };
    });
  }

  order(order: Order): void {
    if (!this.gone) this.child.send(order, () => {});
  }

  /** Kills it, by its pid, and returns when it is gone. */
  async kill(): Promise<void> {
    if (!this.gone && this.child.pid !== undefined) process.kill(this.child.pid, "SIGKILL");
    await this.exited;
  }
}

/** Draining processes that are started ahead, because a start takes longer than what they do. */
export class DrainNursery {
  private readonly young: Promise<DrainProcess>[] = [];
  private closed = false;

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly ahead = 2,
  ) {
    this.fill();
  }

  private fill(): void {
    while (!this.closed && this.young.length < this.ahead) {
      const birth = DrainProcess.start(this.env);
      birth.catch(() => {});
      this.young.push(birth);
    }
  }

  /** One that is ready; another is started in its place. */
  async take(): Promise<DrainProcess> {
    const next = this.young.shift() ?? DrainProcess.start(this.env);
    const drain = await next;
    this.fill();
    return drain;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const birth of this.young.splice(0)) await (await birth.catch(() => null))?.kill();
  }
}
