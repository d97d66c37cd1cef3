import { db } from "@/db/client";
import { billingContent } from "@/features/billing/emails";
import { renderMail } from "@/features/notifications/emails/layout";
import { noticeContent } from "@/features/notifications/emails/notice";
import { type MailDeps, sendMails } from "@/features/notifications/jobs";
import { mailCounts } from "@/features/notifications/queries";
import { webhookContent } from "@/features/notifications/webhooks/emails";
import { teamContent } from "@/features/team/emails";
import { insightsContent } from "@/features/usage/insights/emails/report";
import { type Mailer, openMailer } from "@/lib/email";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import { secretOfNonce } from "@/lib/mail-link";
import { json, problem, requestIdOf } from "@/lib/problem";
import { turnedAway } from "./guard";

let mailer: Mailer | undefined;

function openedMailer(): Mailer | undefined {
  const { MAIL_URL, MAIL_FROM, AUTH_URL } = env();
  if (!MAIL_URL) return undefined;
  mailer ??= openMailer(MAIL_URL, MAIL_FROM ?? `VARAi Connected Apps <no-reply@${new URL(AUTH_URL).hostname}>`);
  return mailer;
}

/** The mails' job with every feature's templates wired in. */
export function mailing(): MailDeps {
  const url = env().AUTH_URL.replace(/\/+$/, "");
  return {
    db: db(),
    mailer: openedMailer(),
    render: async ({ kind, facts, to }) => {
      const reader = { ...to, url };
      const secretOf = (nonce: string) => secretOfNonce(env().AUTH_SECRET, nonce);
      const content =
        billingContent(kind, facts, reader) ??
        teamContent(kind, facts, reader, secretOf) ??
        webhookContent(kind, facts, reader) ??
        insightsContent(kind, facts, reader) ??
        noticeContent(kind, facts, reader);
      if (!content) throw new Error(`no template is called ${kind}`);
      return renderMail(content);
    },
  };
}

/** One round of the job, for the worker's loop. */
export const sendDueMails = async (): Promise<void> => void (await sendMails(mailing()));

/** Says once, at the start, that nothing is sent, and how much waits. */
export async function reportMailOff(): Promise<void> {
  if (env().MAIL_URL) return;
  const { queued } = await mailCounts(db());
  logger.warn({ queued }, "MAIL_URL is not set: mails are kept for three days and none is sent");
}

/** Ends the way to the mail server; for a worker that is about to exit. */
export function closeMailer(): void {
  mailer?.close();
  mailer = undefined;
}

/** `GET /api/internal/mail`: what the hosting's cron calls; sends what is due. */
export async function getMail(request: Request): Promise<Response> {
  const requestId = requestIdOf(request);
  const away = await turnedAway(request, env().INTERNAL_SECRET);
  if (away) return away;
  try {
    return json(await sendMails(mailing()), 200, requestId);
  } catch (error) {
    logger.error({ err: error, requestId }, "mails could not be sent");
    return problem("internal_error", "The mails could not be sent.", { requestId });
  }
}
