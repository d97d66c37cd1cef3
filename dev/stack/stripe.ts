import { createHash } from "node:crypto";
import { type Log, Part } from "./part";
import type { Secrets } from "./secrets";
import { answersHttp, nodeArgs } from "./services";

/** What the product reads to reach the stand-in (src/lib/env.ts). */
export const stripeEnv = (secrets: Secrets, url: string): Record<string, string> => ({
  STRIPE_SECRET_KEY: `sk_test_${secrets.stripeKey.replaceAll(/[^A-Za-z0-9]/g, "0")}`,
  STRIPE_WEBHOOK_SECRET: `whsec_${secrets.stripeWebhook.replaceAll(/[^A-Za-z0-9]/g, "0")}`,
  STRIPE_API_URL: url,
  // Of one of the stack's secrets, so that it is the same at the next start.
  ENCRYPTION_KEYS: `dev:${createHash("sha256").update(`encrypt ${secrets.stripeKey}`).digest("base64")}`,
});

/** The Stripe stand-in. It sends its events to the web app's webhook. */
export function stripePart(options: {
  readonly dataDir: string;
  readonly env: Record<string, string>;
  readonly port: number;
  readonly webUrl: string;
  readonly log: Log;
}): Part {
  const { dataDir, env, port, webUrl, log } = options;
  return new Part(
    dataDir,
    {
      name: "stripe",
      command: process.execPath,
      args: nodeArgs("dev/stripe/main.ts"),
      env: {
        ...env,
        STRIPE_PORT: String(port),
        STRIPE_WEBHOOK_URL: `${webUrl}/api/webhooks/stripe`,
        DATA_DIR: dataDir,
      },
      isReady: () => answersHttp(`http://127.0.0.1:${port}/`),
    },
    log,
    true,
  );
}
