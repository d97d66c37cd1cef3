"use client";

import { useActionState, useRef } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { useAttempt } from "../door/form";
import { signInAction } from "./actions";

/** The sign-in form. Works before its script has loaded; a refusal is announced and keeps the address. */
export function SignInForm({ next }: { next?: string }) {
  const [state, submit, pending] = useActionState(signInAction, { error: null, email: "" });
  const form = useRef<HTMLFormElement>(null);
  const attempt = useAttempt(state, form);
  return (
    <form ref={form} action={submit} className="grid gap-4">
      {state.error && <Notice key={attempt} kind="stopped" title={state.error} />}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        inputMode="email"
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={254}
        // A new key after a refusal, because the form empties its fields once the action has run.
        key={`email-${state.email}`}
        defaultValue={state.email}
      />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      {next && <input type="hidden" name="next" value={next} />}
      <Button type="submit" look="main" busy={pending} className="mt-1 w-full">
        Sign in
      </Button>
    </form>
  );
}
