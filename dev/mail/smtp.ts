import { SMTPServer } from "smtp-server";
import type { Inbox } from "./inbox";

const LARGEST = 1024 * 1024;

/** An SMTP server that takes any mail of up to a megabyte from this machine, and sends none on. */
export function smtpServer(inbox: Inbox): SMTPServer {
  return new SMTPServer({
    authOptional: true,
    // Plain on purpose: it listens on the loopback alone and has no certificate of its own.
    disabledCommands: ["STARTTLS", "AUTH"],
    size: LARGEST,
    logger: false,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", callback);
      stream.on("end", () => {
        if (stream.sizeExceeded) {
          callback(Object.assign(new Error("too large"), { responseCode: 552 }));
          return;
        }
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        inbox.receive(Buffer.concat(chunks), to).then(
          (mail) => callback(null, `kept as ${mail.id}`),
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
        );
      });
    },
  });
}
