"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { after } from "next/server";
import { z } from "zod";
import { signInWithGoogle } from "@/auth/browser";
import { emailAddress, newPassword } from "@/auth/forms";
import { safeNextPath } from "@/auth/next-path";
import { atTheDoor } from "@/auth/the-door";
import { sendDueMails } from "@/rest/internal/mail";

/** What a form at the door shows after an attempt. */
export interface DoorState {
  readonly error: string | null;
  /** What is wrong with a field, by its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** What was typed, to leave it standing. Never a password. */
  readonly typed: Readonly<Record<string, string>>;
  /** Where the mail went, once it is on its way. */
  readonly sentTo: string | null;
}

const THROTTLED = "Too many attempts. Try again in ten minutes.";
const AWAY = "This is not possible at the moment. Try again shortly.";
const BAD_LINK = "This link does not work any more. Ask for a new one.";

const refused = (error: string, typed: DoorState["typed"] = {}): DoorState => ({
  ...{ error, typed, fields: {} },
  sentTo: null,
});

/** The form's text fields, without what Next adds and without passwords. */
function typedIn(form: FormData): Record<string, string> {
  const kept = ["brand", "name", "email"].flatMap((name) => {
    const value = form.get(name);
    return typeof value === "string" ? [[name, value.slice(0, 254)] as const] : [];
  });
  return Object.fromEntries(kept);
}

function wrong(error: z.ZodError, form: FormData): DoorState {
  const fields = Object.fromEntries(
    error.issues.toReversed().map(({ path, message }) => [String(path[0] ?? ""), message]),
  );
  return { error: null, fields, typed: typedIn(form), sentTo: null };
}

const pick = (form: FormData, ...names: string[]) =>
  Object.fromEntries(names.flatMap((name) => (form.has(name) ? [[name, form.get(name)]] : [])));

/** Asks for a mail; whatever becomes of it, the answer is the same. */
async function mailed(form: FormData, email: string, ask: () => Promise<"sent" | "throttled" | "unavailable">) {
  const answer = await ask();
  if (answer === "throttled") return refused(THROTTLED, typedIn(form));
  if (answer === "unavailable") return refused(AWAY, typedIn(form));
  // At once, not at the next round of the worker; it may send the same mail, and only one of them does.
  after(() => sendDueMails().catch(() => undefined));
  return { error: null, fields: {}, typed: typedIn(form), sentTo: email };
}

export async function signUpAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const door = atTheDoor();
  const parsed = door.forms.signUp.safeParse(pick(form, "brand", "name", "email", "timeZone"));
  if (!parsed.success) return wrong(parsed.error, form);
  const sent = await headers();
  return mailed(form, parsed.data.email, () => door.signUp(sent, parsed.data));
}

const emailForm = z.strictObject({ email: emailAddress });

export async function forgotPasswordAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const parsed = emailForm.safeParse(pick(form, "email"));
  if (!parsed.success) return wrong(parsed.error, form);
  const sent = await headers();
  return mailed(form, parsed.data.email, () => atTheDoor().reset(sent, parsed.data.email));
}

export async function magicLinkAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const parsed = emailForm.safeParse(pick(form, "email"));
  if (!parsed.success) return wrong(parsed.error, form);
  const sent = await headers();
  return mailed(form, parsed.data.email, () => atTheDoor().signInLink(sent, parsed.data.email));
}

export async function finishSignUpAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const door = atTheDoor();
  const parsed = door.forms.finish.safeParse(pick(form, "brand", "name", "password", "timeZone"));
  if (!parsed.success) return wrong(parsed.error, form);
  const outcome = await door.finishSignUp(form.get("token"), parsed.data);
  if (outcome !== "in") return refused(SENTENCES[outcome], typedIn(form));
  redirect("/overview");
}

const SENTENCES = {
  throttled: THROTTLED,
  unavailable: AWAY,
  bad_link: BAD_LINK,
  wrong: "The password is not right.",
  no_brand:
    "Your password is saved. You belong to no brand: follow your invitation, or sign up with a brand of your own.",
} as const;

export async function resetPasswordAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const parsed = z.strictObject({ password: newPassword }).safeParse(pick(form, "password"));
  if (!parsed.success) return wrong(parsed.error, form);
  const outcome = await atTheDoor().finishReset(form.get("token"), parsed.data.password);
  if (outcome !== "in") return refused(SENTENCES[outcome]);
  redirect("/overview");
}

export async function useMagicLinkAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const outcome = await atTheDoor().finishSignInLink(form.get("token"));
  if (outcome !== "in") return refused(SENTENCES[outcome]);
  redirect("/overview");
}

export async function confirmEmailAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const outcome = await atTheDoor().confirmEmail(form.get("token"));
  if (outcome !== "done") return refused(SENTENCES[outcome]);
  after(() => sendDueMails().catch(() => undefined));
  return { error: null, fields: {}, typed: {}, sentTo: "confirmed" };
}

export async function joinAction(_before: DoorState, form: FormData): Promise<DoorState> {
  const door = atTheDoor();
  if (form.has("password")) {
    const parsed = door.forms.join.safeParse(pick(form, "name", "password"));
    if (!parsed.success) return wrong(parsed.error, form);
    const outcome = await door.joinAsNew(form.get("token"), parsed.data);
    if (outcome !== "in") return refused(SENTENCES[outcome], typedIn(form));
  } else if (form.has("present")) {
    const outcome = await door.joinAsKnown(form.get("token"), form.get("present"));
    if (outcome !== "in") return refused(SENTENCES[outcome]);
  } else {
    const outcome = await door.joinAsMember(form.get("token"));
    if (outcome !== "in") return refused(SENTENCES[outcome]);
  }
  redirect("/overview");
}

/** Sends the browser to Google, to come back signed in. */
export async function googleAction(form: FormData): Promise<void> {
  await signInWithGoogle(safeNextPath(form.get("next")));
}
