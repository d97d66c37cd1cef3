import { describe, expect, it } from "vitest";
import { appendedAt, bundles, FIRST_BATCH, LARGEST_BATCH, nextBatch } from "./rules";

describe("the size of a batch", () => {
  it("doubles while batches are full, up to the largest", () => {
    let size = FIRST_BATCH;
    const sizes = [size];
    for (let i = 0; i < 5; i++) {
      size = nextBatch(size, size, 20);
      sizes.push(size);
    }
    expect(sizes).toEqual([500, 1_000, 2_000, 4_000, LARGEST_BATCH, LARGEST_BATCH]);
  });

  it("stays where there was room in the last one", () => {
    expect(nextBatch(2_000, 1_999, 20)).toBe(2_000);
    expect(nextBatch(500, 0, 1)).toBe(500);
  });

  it("halves after a slow transaction and after one that failed, and never ends at nothing", () => {
    expect(nextBatch(4_000, 4_000, 501)).toBe(2_000);
    expect(nextBatch(4_000, 4_000, 500)).toBe(LARGEST_BATCH);
    expect(nextBatch(500, null, 0)).toBe(250);
    let size = LARGEST_BATCH;
    for (let i = 0; i < 20; i++) size = nextBatch(size, null, 0);
    expect(size).toBe(50);
  });
});

it("the time of an event stands in its stream id", () => {
  expect(appendedAt("1763719200123-7")).toBe(1763719200123);
});

describe("partitions that are drained in one go", () => {
  it("are those that hold few events; one that holds many is by itself, and begins", () => {
    expect(
      bundles(
        new Map([
          [3, 20],
          [4, 251],
          [9, 250],
          [11, 1],
        ]),
      ),
    ).toEqual([[4], [3, 9, 11]]);
    expect(bundles(new Map())).toEqual([]);
  });

  it("hold no more than half of the largest batch together, and every partition is in one of them", () => {
    const backlogs = new Map(Array.from({ length: 64 }, (_, partition) => [partition, (partition * 37) % 251]));
    const found = bundles(backlogs);
    expect(found.flat().toSorted((a, b) => a - b)).toEqual([...backlogs.keys()]);
    for (const some of found)
      expect(some.reduce((sum, partition) => sum + (backlogs.get(partition) ?? 0), 0)).toBeLessThanOrEqual(
        LARGEST_BATCH / 2,
      );
  });
});
