import { Children, type ReactNode } from "react";
import { type MailContent, MailLayout, type Reader, Say, To } from "@/features/notifications/emails/layout";
import { type TeamMail, teamMail } from "../mail/contract";
import { ROLE_WORDS } from "../rules";

interface Words {
  readonly subject: string;
  readonly title: string;
  readonly preview: string;
  readonly why: string;
  readonly action?: { label: string; href: string };
  readonly says: readonly ReactNode[];
}

const ASKED = "You get this because somebody typed your address at VARAi Connected Apps.";
const YOURS = "You get this because it concerns how you sign in to VARAi Connected Apps.";
const NOT_YOU = "If that was not you, ignore this mail: nothing happens without the link.";
const ONCE = "The link works once,";

/** What a mail about an account or a team says. `linkTo` makes the address of a page that a nonce opens. */
function wordsOf(mail: TeamMail, reader: Reader, linkTo: (page: string, nonce: string) => string): Words {
  const signIn = { label: "Sign in", href: `${reader.url}/sign-in` };
  switch (mail.kind) {
    case "sign_up":
      return {
        subject: `Confirm your address to open ${mail.brand}`,
        title: "One step to go",
        preview: "Confirm your address and choose a password",
        why: ASKED,
        action: { label: "Confirm and go on", href: linkTo("verify", mail.nonce) },
        says: [
          `Hello ${mail.name}. Confirm that this address is yours, choose a password, and ${mail.brand} is ready.`,
          `${ONCE} for a day. ${NOT_YOU}`,
        ],
      };
    case "account_exists":
      return {
        subject: "You have an account already",
        title: "You have an account already",
        preview: "Somebody tried to sign up with your address",
        why: ASKED,
        action: signIn,
        says: [
          "Somebody, perhaps you, tried to sign up with this address. It has an account, so nothing was made.",
          <>
            You cannot remember the password? <To href={`${reader.url}/forgot-password`}>Choose a new one</To>. If it
            was not you, you need not do anything.
          </>,
        ],
      };
    case "no_account":
      return {
        subject: "There is no account with this address",
        title: "There is no account with this address",
        preview: "Somebody tried to sign in with your address",
        why: ASKED,
        action: { label: "Create a brand", href: `${reader.url}/sign-up` },
        says: [
          "Somebody, perhaps you, asked for a link to sign in with this address. No account has it.",
          "You may have used another address. If it was not you, you need not do anything.",
        ],
      };
    case "no_brand":
      return {
        subject: "Your account belongs to no brand",
        title: "Your account belongs to no brand",
        preview: "There is nothing to sign in to",
        why: ASKED,
        action: { label: "Create a brand", href: `${reader.url}/sign-up` },
        says: [
          "You asked for a link to sign in. You have an account, but it belongs to no brand any more, so there is nothing to sign in to.",
          "Ask an admin of your brand for an invitation, or open a brand of your own.",
        ],
      };
    case "sign_in":
      return {
        subject: "Your link to sign in",
        title: "Sign in",
        preview: "Works once, for a quarter of an hour",
        why: ASKED,
        action: { label: "Sign in", href: linkTo("magic-link", mail.nonce) },
        says: [`${ONCE} for 15 minutes. ${NOT_YOU}`],
      };
    case "reset":
      return {
        subject: "Choose a new password",
        title: "Choose a new password",
        preview: "Works once, for an hour",
        why: ASKED,
        action: { label: "Choose a password", href: linkTo("reset-password", mail.nonce) },
        says: [
          `${ONCE} for an hour. With a new password, you are signed out everywhere else.`,
          "If that was not you, ignore this mail: your password stays as it is.",
        ],
      };
    case "verify":
      return {
        subject: "Confirm your address",
        title: "Confirm your address",
        preview: "So that mails about your tokens reach you",
        why: YOURS,
        action: { label: "Confirm", href: linkTo("confirm-email", mail.nonce) },
        says: [`${ONCE} for a day.`],
      };
    case "password_changed":
      return {
        subject: "Your password was changed",
        title: "Your password was changed",
        preview: "You are signed out everywhere else",
        why: YOURS,
        action: { label: "It was not me", href: `${reader.url}/forgot-password` },
        says: ["If that was you, all is well. If it was not, choose a new password now, which ends every session."],
      };
    case "change_email":
      return {
        subject: "Confirm your new address",
        title: "Confirm your new address",
        preview: "From then on you sign in with it",
        why: ASKED,
        action: { label: "Use this address", href: linkTo("confirm-email", mail.nonce) },
        says: [
          `Hello ${mail.name}. Confirm that this address is yours. From then on you sign in with it.`,
          `${ONCE} for a day. ${NOT_YOU}`,
        ],
      };
    case "email_change_asked":
      return {
        subject: "Your address is about to change",
        title: "Your address is about to change",
        preview: `To ${mail.to}`,
        why: YOURS,
        action: { label: "It was not me", href: `${reader.url}/forgot-password` },
        says: [
          `You asked to sign in with ${mail.to} from now on. That happens once the new address is confirmed.`,
          "If that was not you, choose a new password now: it ends every session and stops the change.",
        ],
      };
    case "email_changed":
      return {
        subject: "Your address was changed",
        title: "Your address was changed",
        preview: `It is ${mail.to} now`,
        why: "You get this because this was your address at VARAi Connected Apps.",
        says: [
          `You sign in with ${mail.to} from now on. No more mail comes here.`,
          "If that was not you, ask an admin of your brand to remove the account from the team at once.",
        ],
      };
    case "role_changed":
      return {
        subject: `Your role in ${mail.brand} has changed`,
        title: `You are ${ROLE_WORDS[mail.role].name.toLowerCase()} of ${mail.brand} now`,
        preview: "Sign in again to go on",
        why: YOURS,
        action: signIn,
        says: [
          `An admin of ${mail.brand} has changed your role. ${ROLE_WORDS[mail.role].may}`,
          "You were signed out of the brand, because nobody goes on with a new role in an old session.",
        ],
      };
    case "invitation":
      return {
        subject: `Join ${mail.brand}`,
        title: `Join ${mail.brand}`,
        preview: `As ${ROLE_WORDS[mail.role].name.toLowerCase()}`,
        why: `You get this because ${mail.by || mail.brand} typed your address at VARAi Connected Apps.`,
        action: { label: "See the invitation", href: linkTo("invite", mail.nonce) },
        says: [
          `${mail.by || "An admin"} invites you to ${mail.brand}. ${ROLE_WORDS[mail.role].may}`,
          `${ONCE} for a week. If you expect no invitation, ignore this mail.`,
        ],
      };
  }
}

/** A mail about an account or a team. */
export function contentOf(mail: TeamMail, reader: Reader, secretOf: (nonce: string) => string): MailContent {
  const words = wordsOf(mail, reader, (page, nonce) => `${reader.url}/${page}?token=${secretOf(nonce)}`);
  const { subject, title, preview, why, action, says } = words;
  return {
    subject,
    body: (
      <MailLayout reader={reader} preview={preview} title={title} why={why} ofAccount {...(action && { action })}>
        {Children.map(says, (words) => (
          <Say>{words}</Say>
        ))}
      </MailLayout>
    ),
  };
}

/**
 * What a queued mail says, if it is one about an account or a team (`team.…`).
 * @param secretOf makes the secret of a link out of the nonce that the queue holds
 * @throws ZodError where its facts do not fit
 */
export function teamContent(
  kind: string,
  facts: Record<string, unknown>,
  reader: Reader,
  secretOf: (nonce: string) => string,
): MailContent | undefined {
  if (!kind.startsWith("team.")) return undefined;
  return contentOf(teamMail.parse({ ...facts, kind: kind.slice("team.".length) }), reader, secretOf);
}
