import { parseArgs } from "node:util";
import { closeDb, db } from "@/db/client";
import { mailCounts, type TroubledMail, troubledMails } from "@/features/notifications/queries";
import { retryMails } from "@/features/notifications/service";
import { isUuid } from "@/lib/ids";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s mails -- list
       npm run -s mails -- retry ID… | --all`;
const MOST = 200;

const line = (mail: TroubledMail): string =>
  [
    mail.id,
    mail.createdAt.toISOString(),
    mail.status === "failed" ? "given up" : `again at ${mail.dueAt.toISOString()}`,
    `${mail.attempts} ${mail.attempts === 1 ? "attempt" : "attempts"}`,
    mail.kind,
    `${mail.address} of ${mail.brand}`,
    mail.lastError?.split("\n")[0] ?? "",
  ].join("  ");

/** `npm run -s mails`: what did not go out and why, and having it tried again. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: "boolean" } } });
  const [verb, ...ids] = positionals;
  switch (verb) {
    case "list": {
      const counts = await mailCounts(db());
      console.log(`${counts.queued} waiting, ${counts.sent} sent, ${counts.failed} given up`);
      for (const mail of await troubledMails(db(), MOST)) console.log(line(mail));
      return;
    }
    case "retry": {
      if ((values.all === true) === ids.length > 0) throw new Misuse("retry takes ids of mails, or --all");
      const wrong = ids.find((id) => !isUuid(id));
      if (wrong !== undefined) throw new Misuse(`${wrong} is no mail's id`);
      const again = await retryMails(db(), values.all ? undefined : ids);
      console.log(`${again} to be tried again`);
      return;
    }
    default:
      throw new Misuse(verb === undefined ? "say what to do" : `there is no verb ${verb}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error(USAGE);
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
