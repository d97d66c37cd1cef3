import { createTransport, type NodemailerError } from "nodemailer";

/** A file that goes with a mail. */
export interface EmailFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** One mail to one person. */
export interface EmailMessage {
  /** Stays the same over all attempts, so that a receiving server can tell a second copy by its Message-ID. */
  readonly id: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly files?: readonly EmailFile[];
}

/** Hands mails to a mail server. */
export interface Mailer {
  /** @throws EmailRefused where the server will never take it, anything else where a later attempt may succeed */
  send(message: EmailMessage): Promise<void>;
  close(): void;
}

/** The mail server will not take this mail, however often it is asked. */
export class EmailRefused extends Error {}

const CONNECT_MS = 10_000;
const ANSWER_MS = 20_000;
/** Answers to RCPT and DATA that say no for good: no such mailbox, not accepted, too large. */
const FOR_GOOD: ReadonlySet<number> = new Set([550, 551, 552, 553, 554, 556]);

/**
 * Opens a way to a mail server.
 * @param url `smtp://user:password@host:587` or `smtps://…`
 * @param from `Name <address>`; its host is what Message-IDs end in
 */
export function openMailer(url: string, from: string): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
  });
  const host = /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? "localhost";
  return {
    async send({ id, to, subject, html, text, files = [] }) {
      try {
        await transport.sendMail({
          from,
          to,
          subject,
          html,
          text,
          attachments: files.map(({ name, type, bytes }) => ({
            filename: name,
            contentType: type,
            content: Buffer.from(bytes),
          })),
          messageId: `<${id}@${host}>`,
          headers: { "Auto-Submitted": "auto-generated" },
          // What we render names no files, and must not read any.
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (error) {
        const code = (error as NodemailerError).responseCode;
        if (code !== undefined && FOR_GOOD.has(code)) {
          throw new EmailRefused(error instanceof Error ? error.message : String(error));
        }
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
