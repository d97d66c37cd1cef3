"use client";

import { type ReactNode, type RefObject, useActionState, useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import type { DoorState } from "./actions";

const NOTHING: DoorState = { error: null, fields: {}, typed: {}, sentTo: null };

/** The fields that the forms at the door are made of. */
const FIELDS = {
  brand: { label: "Brand", autoComplete: "organization", maxLength: 100, hint: "As your shoppers know it." },
  name: { label: "Your name", autoComplete: "name", maxLength: 100 },
  email: { label: "Email", type: "email", autoComplete: "username", inputMode: "email", maxLength: 254 },
  password: {
    label: "Password",
    type: "password",
    autoComplete: "new-password",
    minLength: 10,
    maxLength: 256,
    hint: "At least 10 characters. A few words make a good one.",
  },
  /** The one that somebody has already. */
  present: { label: "Password", type: "password", autoComplete: "current-password", maxLength: 256 },
} as const;

/**
 * A form at the door. Works before its script has loaded; a refusal is announced and keeps what was typed. Where the
 * action says that a mail is on its way, `sent` takes the form's place.
 */
export function DoorForm({
  action,
  fields,
  submit,
  token,
  filled = {},
  withTimeZone = false,
  sent,
}: {
  action: (before: DoorState, form: FormData) => Promise<DoorState>;
  fields: readonly (keyof typeof FIELDS)[];
  submit: string;
  token?: string;
  filled?: Readonly<Record<string, string>>;
  withTimeZone?: boolean;
  sent?: ReactNode;
}) {
  const [state, send, pending] = useActionState(action, NOTHING);
  const zone = useZone();
  const form = useRef<HTMLFormElement>(null);
  const attempt = useAttempt(state, form);
  if (state.sentTo !== null && sent) {
    return (
      <div
        // The form that had the focus is gone; without this the keyboard would be nowhere, and nothing would be said.
        ref={(box) => box?.focus()}
        tabIndex={-1}
        role="status"
        className="grid gap-2 rounded-card bg-accent-soft px-4 py-3 text-14"
      >
        {state.sentTo !== "confirmed" && (
          <p className="font-medium wrap-anywhere">A mail is on its way to {state.sentTo}</p>
        )}
        <div className="text-ink-2">{sent}</div>
      </div>
    );
  }
  return (
    <form ref={form} action={send} className="grid gap-4">
      {state.error && <Notice key={attempt} kind="stopped" title={state.error} />}
      {fields.map((name) => {
        const given = state.typed[name] ?? filled[name] ?? "";
        return (
          <TextField
            // A new key after a refusal, because the form empties its fields once the action has run.
            key={`${name}-${given}`}
            {...FIELDS[name]}
            name={name}
            required
            spellCheck={false}
            defaultValue={name === "password" || name === "present" ? undefined : given}
            error={state.fields[name]}
          />
        );
      })}
      {token && <input type="hidden" name="token" value={token} />}
      {withTimeZone && <input type="hidden" name="timeZone" value={zone} />}
      <Button type="submit" look="main" busy={pending} className="mt-1 w-full">
        {submit}
      </Button>
    </form>
  );
}

/**
 * Counts the answers of a form's action: a notice that has the count for its key is announced each time, also where the same
 * went wrong again. Puts the keyboard at the first field that is wrong, or back into the form where its field was made anew.
 */
export function useAttempt(state: object, form: RefObject<HTMLFormElement | null>): number {
  const [seen, setSeen] = useState({ state, count: 0 });
  if (seen.state !== state) setSeen({ state, count: seen.count + 1 });
  useEffect(() => {
    if (seen.count === 0) return;
    const wrong = form.current?.querySelector<HTMLElement>("[aria-invalid]");
    const lost = document.activeElement === document.body;
    (wrong ?? (lost ? form.current?.querySelector<HTMLElement>("input:not([type=hidden])") : null))?.focus();
  }, [seen.count, form]);
  return seen.count;
}

/** The browser's own time zone, once its script runs. */
function useZone(): string {
  const [zone, setZone] = useState("UTC");
  useEffect(() => setZone(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC"), []);
  return zone;
}
