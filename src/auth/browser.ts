import { db } from "@/db/client";
import { isDatabaseAway } from "@/lib/database-away";
import { SignInError, signIn, signOut } from "./index";
import type { SignInRefusal } from "./sign-in";
import { closeSession } from "./store";
import { readSessionToken } from "./token";

/** Signs the browser of the current request in: opens a session and sets its cookie. Null is success. */
export async function trySignIn(email: string, password: string): Promise<SignInRefusal | null> {
  try {
    await signIn("credentials", { email, password, redirect: false, redirectTo: "/overview" });
    return null;
  } catch (error) {
    if (error instanceof SignInError) return error.code;
    throw error;
  }
}

/**
 * Ends the current request's session and forgets its cookie.
 * @returns false where Postgres is away: the session lives on, and so does its cookie.
 */
export async function endSession(cookie: string | null): Promise<boolean> {
  const token = await readSessionToken(cookie);
  if (token) {
    try {
      await closeSession(db(), token);
    } catch (error) {
      if (isDatabaseAway(error)) return false;
      throw error;
    }
  }
  await signOut({ redirect: false });
  return true;
}

/** Sends the browser of the current request to Google; it comes back signed in, and goes on to `next`. */
export async function signInWithGoogle(next: string): Promise<void> {
  await signIn("google", { redirectTo: next });
}
