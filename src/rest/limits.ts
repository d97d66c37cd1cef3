import type { Counted } from "@/auth/key-gate";
import { type Surface, takeFrom, tooMany } from "@/lib/limits";
import type { Told } from "./respond";

/**
 * Takes one request out of a bucket and says on the answer what is left (CONTRACT: conventions). Where the bucket's store
 * is away, the request goes on.
 * @throws Refusal `rate_limited`
 */
export async function limit(surface: Surface, { scope, id }: Counted, told: Told): Promise<void> {
  const taken = await takeFrom(surface, `${scope}:${id}`);
  if (!taken) return;
  told["RateLimit-Policy"] = `"${scope}";q=${taken.most};w=3600`;
  // `t` is when the bucket is full again, as for the meter's own.
  told.RateLimit = `"${scope}";r=${taken.left};t=${taken.full}`;
  if (!taken.passed) throw tooMany(taken);
}
