import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import PostalMime from "postal-mime";

/** A mail as it arrived. */
export interface InboxMail {
  readonly id: string;
  readonly receivedAt: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string;
  readonly html: string;
  readonly text: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What is attached; `content` in base64. One that an earlier version kept has none. */
  readonly files?: readonly { readonly name: string; readonly type: string; readonly content: string }[];
}

/** How many are kept; the oldest go first. */
const MOST = 200;

const address = (one: { name?: string; address?: string } | undefined): string =>
  one === undefined ? "" : one.name ? `${one.name} <${one.address ?? ""}>` : (one.address ?? "");

/** The last mails, newest first, kept in one file so that a later start still has them. */
export class Inbox {
  private mails: InboxMail[] = [];

  /** @param file where they are kept; without one, in memory alone */
  constructor(private readonly file?: string) {
    if (file && existsSync(file)) {
      try {
        this.mails = JSON.parse(readFileSync(file, "utf8")) as InboxMail[];
      } catch {
        // Half a file of a run that was killed: mails of development are not worth a start that fails.
      }
    }
  }

  /** Takes a mail in, as SMTP brought it. */
  async receive(raw: Uint8Array, recipients: readonly string[]): Promise<InboxMail> {
    const mail = await PostalMime.parse(raw);
    const received: InboxMail = {
      id: randomUUID(),
      receivedAt: new Date().toISOString(),
      from: address(mail.from),
      to: mail.to?.map(address) ?? recipients,
      subject: mail.subject ?? "",
      messageId: mail.messageId ?? "",
      html: mail.html ?? "",
      text: mail.text ?? "",
      headers: mail.headers.map(({ originalKey, value }) => [originalKey, value] as const),
      files: mail.attachments.map(({ filename, mimeType, content }) => ({
        name: filename ?? "file",
        type: mimeType,
        content: Buffer.from(content as ArrayBuffer).toString("base64"),
      })),
    };
    this.mails = [received, ...this.mails].slice(0, MOST);
    this.save();
    return received;
  }

  list(): readonly InboxMail[] {
    return this.mails;
  }

  find(id: string): InboxMail | undefined {
    return this.mails.find((mail) => mail.id === id);
  }

  clear(): void {
    this.mails = [];
    this.save();
  }

  private save(): void {
    if (!this.file) return;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.tmp`, JSON.stringify(this.mails), { mode: 0o600 });
    renameSync(`${this.file}.tmp`, this.file);
  }
}
