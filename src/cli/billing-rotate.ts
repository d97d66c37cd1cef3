import { closeDb, db } from "@/db/client";
import { rotateEncryption } from "@/features/billing/customers/service";
import { ring } from "@/features/notifications/chat/queries";
import { rotateChatHooks } from "@/features/notifications/chat/service";
import { rotateSealedSecrets } from "@/features/notifications/webhooks/service";
import { explain } from "./failure";

/**
 * `npm run -s billing:rotate`: writes Stripe's customer ids, the addresses of chat rooms and the secrets of webhooks anew
 * under the first of ENCRYPTION_KEYS. Safe to repeat.
 */
try {
  const rotated =
    (await rotateEncryption(db())) + (await rotateChatHooks(db(), ring())) + (await rotateSealedSecrets(db()));
  console.log(`${rotated} written anew; every one is under the first key now`);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
} finally {
  await closeDb();
}
