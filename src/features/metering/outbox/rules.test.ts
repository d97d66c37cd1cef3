import { describe, expect, it } from "vitest";
import { appendedAt, FIRST_BATCH, LARGEST_BATCH, nextBatch } from "./rules";

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
