import type { Redis } from "@/lib/redis";
import { hourOf, KEPT_S, type RefusalNotes, refusedKey } from "./rules";

/** Writes down what was noted, in one round trip. What cannot be written is lost: it is a hint, and no account of anything. */
export async function writeRefusals(redis: Redis, notes: RefusalNotes, now: number): Promise<void> {
  const taken = notes.take();
  if (taken.length === 0) return;
  const pipeline = redis.pipeline();
  const hour = hourOf(now);
  for (const { partition, field, times } of taken) pipeline.hincrby(refusedKey(partition, hour), field, times);
  for (const partition of new Set(taken.map((note) => note.partition))) {
    pipeline.expire(refusedKey(partition, hour), KEPT_S);
  }
  await pipeline.exec();
}
