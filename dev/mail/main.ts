import { join } from "node:path";
import { dataDirFromEnv } from "../stack/files";
import { Inbox } from "./inbox";
import { inboxServer } from "./server";
import { smtpServer } from "./smtp";

// The inbox as a process of its own: SMTP_PORT takes mails, INBOX_PORT shows them, DATA_DIR keeps them.
const [smtpPort, webPort] = [Number(process.env.SMTP_PORT), Number(process.env.INBOX_PORT)];
if (!(smtpPort > 0) || !(webPort > 0)) {
  console.error("The inbox needs SMTP_PORT and INBOX_PORT.");
  process.exit(2);
}
const inbox = new Inbox(join(dataDirFromEnv(), "inbox.json"));
const smtp = smtpServer(inbox);
smtp.on("error", (error) => console.error(`SMTP: ${error.message}`));
smtp.listen(smtpPort, "127.0.0.1");
const web = inboxServer(inbox);
web.listen(webPort, "127.0.0.1");

const stop = (): void => {
  smtp.close();
  web.close(() => process.exit(0));
  web.closeAllConnections();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
