import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import type { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { customers } from "@/db/schema/people";
import { billingContent } from "@/features/billing/emails";
import { queueBillingMail } from "@/features/billing/mail/service";
import { renderMail } from "@/features/notifications/emails/layout";
import { type MailDeps, sendMails } from "@/features/notifications/jobs";
import { mailCounts, troubledMails } from "@/features/notifications/queries";
import { retryMails } from "@/features/notifications/service";
import { EmailRefused, type Mailer, openMailer } from "@/lib/email";
import { BILLING_MAILS } from "@/test/billing-mails";
import { makeBrand, type TestBrand } from "@/test/brands";
import { Inbox } from "./inbox";
import { inboxServer } from "./server";
import { smtpServer } from "./smtp";

const LOW = BILLING_MAILS.find((mail) => mail.kind === "low_balance") ?? expect.fail();
const inbox = new Inbox();
let smtp: SMTPServer;
let mailer: Mailer;
let brand: TestBrand;

const render: MailDeps["render"] = ({ kind, facts, to }) =>
  renderMail(billingContent(kind, facts, { ...to, url: "https://apps.example" }) ?? expect.fail());
const deps = (over: Partial<MailDeps> = {}): MailDeps => ({ db: db(), mailer, render, ...over });
const queue = (key: string, mail = LOW) => db().transaction((tx) => queueBillingMail(tx, brand.customerId, key, mail));
const rows = () => db().select().from(outgoingMails).where(eq(outgoingMails.customerId, brand.customerId));
const makeDue = () =>
  db()
    .update(outgoingMails)
    .set({ dueAt: new Date(0) })
    .where(eq(outgoingMails.customerId, brand.customerId));
const failing = (error: Error): Mailer => ({ send: () => Promise.reject(error), close: () => {} });

beforeAll(async () => {
  smtp = smtpServer(inbox);
  const server = smtp.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  mailer = openMailer(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, "Apps <no-reply@apps.example>");
});
beforeEach(async () => {
  // Others' mails would be sent along with ours.
  await db().delete(outgoingMails);
  inbox.clear();
  brand = await makeBrand(db());
});
afterAll(async () => {
  mailer.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  await db().delete(outgoingMails);
  await closeDb();
});

describe("the queue of mails", () => {
  it("sends a mail once, to those who may pay, in the brand's zone, as HTML and as text", async () => {
    await db().update(customers).set({ timeZone: "Europe/Berlin" }).where(eq(customers.id, brand.customerId));
    await queue("2026-11:low");
    expect(await sendMails(deps())).toEqual({ sent: 1, failed: 0 });
    expect(await sendMails(deps())).toEqual({ sent: 0, failed: 0 });

    const [mail, ...others] = inbox.list();
    expect(others).toEqual([]);
    expect(mail?.to[0]).toContain(`<${brand.people.admin.email}>`);
    expect(mail?.subject).toBe("1 token left");
    expect(mail?.html).toContain("<!DOCTYPE html");
    expect(mail?.text).toContain("Times are in Europe/Berlin");
    const [row] = await rows();
    expect(row).toMatchObject({ status: "sent", attempts: 1, lastError: null });
    expect(mail?.messageId).toBe(`<${row?.id}@apps.example>`);
  });

  it("tells one thing once, however often and from however many sides it is queued", async () => {
    await Promise.all(Array.from({ length: 8 }, () => queue("2026-11:low")));
    await sendMails(deps());
    await queue("2026-11:low");
    expect(await rows()).toHaveLength(1);
    expect(inbox.list()).toHaveLength(1);
    // Another thing of the same kind is another mail.
    await queue("2026-12:low");
    expect(await rows()).toHaveLength(2);
  });

  it("queues nothing where what it tells did not happen", async () => {
    const broken = db().transaction(async (tx) => {
      await queueBillingMail(tx, brand.customerId, "lost", LOW);
      throw new Error("not after all");
    });
    await expect(broken).rejects.toThrow("not after all");
    expect(await rows()).toEqual([]);
  });

  it("sends each mail once when several workers look at the same time", async () => {
    for (let i = 0; i < 12; i++) await queue(`day-${i}`);
    const results = await Promise.all([1, 2, 3, 4].map(() => sendMails(deps())));
    expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(12);
    expect(new Set(inbox.list().map((mail) => mail.messageId)).size).toBe(12);
    expect(inbox.list()).toHaveLength(12);
  });

  it("tries again later where the server is away, and says why in the list", async () => {
    await queue("away");
    expect(await sendMails(deps({ mailer: failing(new Error("connect ECONNREFUSED")) }))).toEqual({
      sent: 0,
      failed: 1,
    });
    const [row] = await rows();
    expect(row).toMatchObject({ status: "queued", attempts: 1, lastError: "connect ECONNREFUSED" });
    const wait = (row?.dueAt.getTime() ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(20_000);
    expect(wait).toBeLessThan(40_000);
    expect(await sendMails(deps())).toEqual({ sent: 0, failed: 0 });
    expect(await troubledMails(db(), 10)).toMatchObject([{ status: "queued", address: brand.people.admin.email }]);

    await makeDue();
    expect(await sendMails(deps())).toEqual({ sent: 1, failed: 0 });
    expect(await troubledMails(db(), 10)).toEqual([]);
  });

  it("gives up at once where the address is refused, and after twelve attempts elsewhere; an operator has it tried again", async () => {
    await queue("refused");
    await sendMails(deps({ mailer: failing(new EmailRefused("550 no such mailbox")) }));
    expect(await rows()).toMatchObject([{ status: "failed", attempts: 1, lastError: "550 no such mailbox" }]);
    expect(await retryMails(db())).toBe(1);
    for (let attempt = 1; attempt <= 12; attempt++) {
      expect(await rows()).toMatchObject([{ status: "queued", attempts: attempt - 1 }]);
      await makeDue();
      await sendMails(deps({ mailer: failing(new Error("away")) }));
    }
    expect(await rows()).toMatchObject([{ status: "failed", attempts: 12 }]);
    expect(await mailCounts(db())).toEqual({ queued: 0, sent: 0, failed: 1 });
  });

  it("sends nothing without a mail server, and nothing that is three days old", async () => {
    await queue("kept");
    expect(await sendMails(deps({ mailer: undefined }))).toEqual({ sent: 0, failed: 0 });
    expect(await rows()).toMatchObject([{ status: "queued", attempts: 0 }]);
    await db()
      .update(outgoingMails)
      .set({ createdAt: new Date(Date.now() - 73 * 3_600_000) })
      .where(eq(outgoingMails.customerId, brand.customerId));
    expect(await sendMails(deps())).toEqual({ sent: 0, failed: 0 });
    expect(await rows()).toMatchObject([{ status: "failed", lastError: "not sent within three days" }]);
  });

  it("leaves a mail that nobody can write to itself, and sends the others", async () => {
    await queue("broken");
    await db().update(outgoingMails).set({ facts: {} });
    await queue("whole");
    expect(await sendMails(deps())).toEqual({ sent: 1, failed: 1 });
  });

  it("notices a server that refuses the recipient for good", async () => {
    smtp.onRcptTo = (_address, _session, callback) =>
      callback(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
    try {
      await queue("nobody");
      await sendMails(deps());
      expect(await rows()).toMatchObject([{ status: "failed", attempts: 1 }]);
    } finally {
      smtp.onRcptTo = (_address, _session, callback) => callback();
    }
  });
});

describe("the inbox", () => {
  it("shows a mail in a sandbox, as text and by its headers, and keeps the last two hundred", async () => {
    const web = inboxServer(inbox).listen(0, "127.0.0.1");
    await new Promise((resolve) => web.once("listening", resolve));
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const page = async (path: string) => (await fetch(url + path)).text();
    try {
      expect(await page("/")).toContain("No mail yet");
      const raw = "From: a@b.example\r\nTo: c@d.example\r\nSubject: <script>1</script>\r\n\r\nHello <b>\r\n";
      for (let i = 0; i < 201; i++) await inbox.receive(Buffer.from(raw), ["c@d.example"]);
      expect(inbox.list()).toHaveLength(200);
      const id = inbox.list()[0]?.id;
      const opened = await page(`/mails/${id}`);
      expect(opened).toContain('sandbox="allow-popups');
      expect(opened).not.toContain("<script>");
      expect(await page(`/mails/${id}?view=text`)).toContain("Hello &lt;b&gt;");
      expect(await page(`/mails/${id}?view=headers`)).toContain("<dt>Subject</dt>");
      const alone = await fetch(`${url}/mails/${id}/html`);
      expect(alone.headers.get("content-security-policy")).toContain("sandbox");
      expect((await fetch(`${url}/mails/none`)).status).toBe(404);
      expect(
        (await fetch(`${url}/clear`, { method: "POST", headers: { "sec-fetch-site": "cross-site" } })).status,
      ).toBe(403);
      expect((await fetch(`${url}/clear`, { method: "POST", redirect: "manual" })).status).toBe(303);
      expect(inbox.list()).toEqual([]);
    } finally {
      web.close();
      web.closeAllConnections();
    }
  });
});
