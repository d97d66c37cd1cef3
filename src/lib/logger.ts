import pino from "pino";
import { logLevel } from "./env";
import { reportError } from "./error-report";
import { cleanText, withoutSecrets } from "./redaction";

/**
 * The Node side's log: one JSON object a line. Secrets are removed by the name of their field, and by their form wherever
 * a text holds one: in an error's message, in its stack, in an address. What is logged as an error is reported too, where
 * somebody is to be told (SENTRY_DSN).
 */
export const options: pino.LoggerOptions = {
  level: logLevel(),
  formatters: { log: (line) => withoutSecrets(line) as Record<string, unknown> },
  serializers: {
    err: (error: unknown) => withoutSecrets(error instanceof Error ? pino.stdSerializers.err(error) : error),
  },
  hooks: {
    logMethod(args, method, level) {
      const [first, message] = args as unknown[];
      if (level >= 50) reportError(first, typeof message === "string" ? message : undefined);
      method.apply(this, args);
    },
    // The whole line once more, by the secrets' form: messages and what a child logger carries come by no other door.
    streamWrite: cleanText,
  },
};

export const logger = pino(options);
