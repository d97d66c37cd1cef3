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
   */
  constructor(
    private readonly send: (partitions: number[]) => Promise<void>,
    private readonly intervalMs: number,
    private readonly now: () => number = Date.now,
  ) {}

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
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      const partitions = [...this.waiting];
      this.waiting.clear();
      this.last = this.now();
      try {
        await this.send(partitions);
      } catch {
        // The worker's loop or the cron finds the partitions; a wake is only ever a hint to be quicker.
        return;
      }
    }
  }
}
