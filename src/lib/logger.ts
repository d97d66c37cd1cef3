import pino from "pino";
import { logLevel } from "./env";

/** The Node side's log: one JSON object a line. Secrets are removed by name wherever an object carries them. */
export const logger = pino({
  level: logLevel(),
  redact: {
    paths: ["authorization", "*.authorization", "password", "*.password", "secret", "*.secret", "token", "*.token"],
    censor: "[removed]",
  },
});
