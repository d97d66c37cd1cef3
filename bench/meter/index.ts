import type { Figure, Group } from "../figure";
import { againstPostgres, againstRedis, manyCallers, withDrain } from "./rates";
import { bytes, scripts } from "./script";
import { makeStand } from "./stand";

/** The meter: its rates beside what one would write by hand, its script, and what it keeps in memory. */
export const meter: Group = async function* (wanted): AsyncGenerator<Figure> {
  const stand = await makeStand();
  try {
    // The drain is measured on its own, and beside the callers, where it is named.
    const alone = await stand.serve("src/meter/index.ts", {
      env: { METER_REDIS_URL: stand.redisUrl, METER_DRAIN: "off" },
    });
    if (wanted("meter.host_vs_bare", "meter.host_vs_raw")) yield* await againstRedis(stand, alone);
    if (wanted("meter.callers_1000")) yield await manyCallers(stand, alone);
    if (wanted("meter.with_drain_vs_alone")) yield await withDrain(stand, alone);
    if (wanted("meter.host_vs_postgres_hot", "meter.host_vs_postgres_spread"))
      yield* await againstPostgres(stand, alone);
    await alone.stop();
    if (wanted("meter.script_vs_plain")) yield await scripts(stand);
    if (wanted("meter.event_bytes", "meter.operation_bytes")) yield* await bytes(stand);
  } finally {
    await stand.stop();
  }
};
