import { PARTITIONS } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import { refusedKey, startOfHour } from "./rules";

export interface Refused {
  readonly hmac: string;
  readonly code: string;
  readonly hour: Date;
  readonly times: number;
}

/** How often keys were refused within some hours, of all partitions. */
export async function refusedWithin(redis: Redis, hours: readonly number[]): Promise<Refused[]> {
  const asked = hours.flatMap((hour) => Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, hour })));
  const pipeline = redis.pipeline();
  for (const { partition, hour } of asked) pipeline.hgetall(refusedKey(partition, hour));
  // Fields and values in turn, as the store sends them.
  const found = await pipeline.exec<(string[] | null)[]>();
  return asked.flatMap(({ hour }, i) => {
    const flat = found[i] ?? [];
    return Array.from({ length: flat.length / 2 }, (_, at) => {
      const [hmac = "", code = ""] = (flat[2 * at] ?? "").split("|");
      return { hmac, code, hour: startOfHour(hour), times: Number(flat[2 * at + 1]) };
    });
  });
}
