"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { endSession, trySignIn } from "@/auth/browser";
import { safeNextPath } from "@/auth/next-path";

/** What the form shows after an attempt: a sentence, and the address to leave standing in its field. */
export interface SignInState {
  readonly error: string | null;
  readonly email: string;
}

const SENTENCES = {
  wrong: "The email or the password is not right.",
  throttled: "Too many attempts. Try again in ten minutes.",
  unavailable: "Signing in is not possible at the moment. Try again shortly.",
} as const;

/**
 * Signs a person in from the form's `email`, `password` and `next`, and goes on to `next` (own pages only, else
 * `/overview`). Returns only where the attempt was refused.
 */
export async function signInAction(_previous: SignInState, form: FormData): Promise<SignInState> {
  const email = form.get("email");
  const password = form.get("password");
  const shown = typeof email === "string" ? email.slice(0, 254) : "";
  if (typeof email !== "string" || typeof password !== "string") return { error: SENTENCES.wrong, email: shown };
  const refusal = await trySignIn(email, password);
  if (refusal) return { error: SENTENCES[refusal], email: shown };
  redirect(safeNextPath(form.get("next")));
}

/**
 * Ends the session on the server, then forgets its cookie and goes to `/sign-in`. Where Postgres is away the session
 * cannot be ended; then nothing changes and the person is sent to a page that says so.
 */
export async function signOutAction(): Promise<void> {
  const ended = await endSession((await headers()).get("cookie"));
  redirect(ended ? "/sign-in" : "/overview");
}
