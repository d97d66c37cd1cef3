import { EnvError, env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { startMeter } from "./server";

// `npm run meter`: the metering API without Next. SIGTERM and SIGINT let what is under way finish.
try {
  const { METER_REDIS_URL, METER_PORT, METER_HOST, METER_DRAIN, METERING_BUDGET_MS } = env();
  if (METER_REDIS_URL === undefined) {
    throw new EnvError("METER_REDIS_URL is missing: the meter speaks to Redis over TCP. See .env.example.");
  }
  const meter = await startMeter({
    redisUrl: METER_REDIS_URL,
    port: METER_PORT,
    host: METER_HOST,
    budgetMs: METERING_BUDGET_MS,
    drain: METER_DRAIN === "on",
  });
  logger.info({ url: meter.url }, "the meter is up");
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void meter.stop().then(() => {
        logger.info("the meter has stopped");
        process.exit(0);
      });
    });
  }
} catch (error) {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  console.error(
    taken
      ? "METER_PORT is taken: stop who has it, or name another."
      : error instanceof EnvError
        ? error.message
        : error,
  );
  process.exit(1);
}
