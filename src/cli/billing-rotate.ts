import { closeDb, db } from "@/db/client";
import { rotateEncryption } from "@/features/billing/customers/service";
import { ring } from "@/features/notifications/chat/queries";
import { rotateChatHooks } from "@/features/notifications/chat/service";
import { explain } from "./failure";

/**
 * `npm run -s billing:rotate`: writes Stripe's customer ids and the addresses of chat rooms anew under the first of
 * ENCRYPTION_KEYS. Safe to repeat.
 */
try {
  const rotated = (await rotateEncryption(db())) + (await rotateChatHooks(db(), ring()));
  console.log(`${rotated} written anew; every one is under the first key now`);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
} finally {
  await closeDb();
}
