/**
 * Wakes the drain for partitions that have events: at most once an interval, and never dropped. A wake that comes too
 * soon is put off to the end of the interval and takes along every partition named until then.
 */
export class Waker {
  private readonly waiting = new Set<number>();
  private flight: Promise<void> | null = null;
  private last = Number.NEGATIVE_INFINITY;

  /**
   * @param send tells the Node side; may fail, then the partitions wait for the next wake
   * @param intervalMs the least time between two sends
   * @param timeoutMs how long one send may hold back the next
   */
  constructor(
    private readonly send: (partitions: number[]) => Promise<void>,
    private readonly intervalMs: number,
    private readonly timeoutMs = 10_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** True while a wake is under way: another one only has to be noted, and ends with it. */
  get busy(): boolean {
    return this.flight !== null;
  }

  /** Notes a partition. The promise ends when it has been sent; hand it to `after()` so that the host waits for it. */
  wake(partition: number): Promise<void> {
    this.waiting.add(partition);
    this.flight ??= this.run().finally(() => {
      this.flight = null;
    });
    return this.flight;
  }

  private async run(): Promise<void> {
    // Woken once more while a send was under way: go round again, so that the last event is never left behind.
    while (this.waiting.size > 0) {
      const pause = this.last + this.intervalMs - this.now();
      if (pause > 0) await pauseFor(pause);
      const partitions = [...this.waiting];
      this.waiting.clear();
      this.last = this.now();
      try {
        await Promise.race([this.send(partitions), pauseFor(this.timeoutMs)]);
      } catch {
        // The worker's loop or the cron finds these partitions; a wake is only ever a hint to be quicker. Those named
        // meanwhile have their own turn.
      }
    }
  }
}

const pauseFor = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
