import { join } from "node:path";
import { dataDirFromEnv } from "../stack/files";
import { StandIn } from "./server";

// The stand-in as a process of its own, started by the stack. What it knows is kept in the data folder.
const {
  STRIPE_PORT: port,
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_WEBHOOK_SECRET: secret,
  STRIPE_WEBHOOK_URL: url,
} = process.env;
if (!port || !secretKey) {
  console.error("The Stripe stand-in needs STRIPE_PORT and STRIPE_SECRET_KEY.");
  process.exit(2);
}
const standIn = new StandIn({
  secretKey,
  port: Number(port),
  file: join(dataDirFromEnv(), "stripe.json"),
  ...(url && secret && { webhook: { url, secret } }),
});
await standIn.listen();

const stop = (): void => {
  void standIn.close().then(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
