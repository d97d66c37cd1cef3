import { useQuery } from "@tanstack/react-query";
import { type Ref, type RefObject, useId, useRef, useState } from "react";
import { Choice, ChoiceGroup, TextArea, TextField } from "@/components/field";
import { useTRPC } from "@/trpc/client";
import type { CreateKeyInput } from "../contract";
import { type KeyForm, type KeyFormErrors, readKeyForm } from "./key-form";
import { SCOPE_ORDER, SCOPE_WORDS } from "./words";

type Set = <Field extends keyof KeyForm>(field: Field, value: KeyForm[Field]) => void;
interface Part {
  readonly form: KeyForm;
  readonly errors: KeyFormErrors;
  readonly set: Set;
}

/** A key's settings as they are typed. `check` gives them as the server wants them, or marks what is wrong. */
export function useKeyForm(start: KeyForm): Part & {
  readonly element: RefObject<HTMLFormElement | null>;
  readonly check: () => CreateKeyInput | null;
} {
  const [form, setForm] = useState(start);
  const [errors, setErrors] = useState<KeyFormErrors>({});
  const element = useRef<HTMLFormElement>(null);
  const set: Set = (field, value) => {
    setForm((before) => ({ ...before, [field]: value }));
    setErrors((before) => ({ ...before, [field]: undefined }));
  };
  const check = () => {
    const read = readKeyForm(form, Date.now());
    if ("input" in read) return read.input;
    setErrors(read.errors);
    // The first field that is wrong takes the focus, once it has been marked.
    requestAnimationFrame(() =>
      element.current?.querySelector<HTMLElement>("[aria-invalid], [data-wrong] input")?.focus(),
    );
    return null;
  };
  return { form, errors, set, element, check };
}

/** What a key is called. */
export function KeyName({ form, errors, set, ref }: Part & { ref?: Ref<HTMLInputElement> }) {
  return (
    <TextField
      ref={ref}
      label="Name"
      hint="What you and your team call it."
      value={form.name}
      error={errors.name}
      maxLength={60}
      autoComplete="off"
      placeholder="Online shop"
      onChange={(event) => set("name", event.target.value)}
    />
  );
}

/** Where a key works from or what it may do, by its kind, and which apps it covers. */
export function KeyReach({ form, errors, set }: Part) {
  return (
    <>
      {form.kind === "pk" ? (
        <TextArea
          label="Allowed origins"
          hint="Where your shop runs, one a line: scheme and host, and the port if it has one."
          value={form.origins}
          error={errors.origins}
          spellCheck={false}
          placeholder="https://shop.example"
          className="font-mono"
          onChange={(event) => set("origins", event.target.value)}
        />
      ) : (
        <Scopes value={form.scopes} error={errors.scopes} onChange={(scopes) => set("scopes", scopes)} />
      )}
      <Apps value={form.apps} error={errors.apps} onChange={(apps) => set("apps", apps)} />
    </>
  );
}

/** How often a key may be used. */
export function KeyLimit({ form, errors, set }: Part) {
  return (
    <TextField
      label="Requests an hour"
      hint="As many may come at once."
      inputMode="numeric"
      value={form.rateLimit}
      error={errors.rateLimit}
      onChange={(event) => set("rateLimit", event.target.value)}
    />
  );
}

function Scopes({
  value,
  error,
  onChange,
}: {
  value: KeyForm["scopes"];
  error?: string;
  onChange: (scopes: KeyForm["scopes"]) => void;
}) {
  return (
    <ChoiceGroup legend="What it may do" error={error}>
      <div className="grid gap-2" data-wrong={error ? "" : undefined}>
        {SCOPE_ORDER.map((scope) => (
          <Choice
            key={scope}
            type="checkbox"
            title={SCOPE_WORDS[scope]}
            note={<span className="font-mono">{scope}</span>}
            checked={value.includes(scope)}
            onChange={(event) =>
              onChange(event.target.checked ? [...value, scope] : value.filter((each) => each !== scope))
            }
          />
        ))}
      </div>
    </ChoiceGroup>
  );
}

function Apps({
  value,
  error,
  onChange,
}: {
  value: string[] | null;
  error?: string;
  onChange: (apps: string[] | null) => void;
}) {
  const trpc = useTRPC();
  const group = useId();
  const catalog = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 }));
  return (
    <ChoiceGroup legend="Apps" error={error && "Choose at least one app."}>
      <div className="grid gap-2 md:grid-cols-2">
        <Choice
          type="radio"
          name={group}
          title="All apps of the brand"
          note="Those you turn on later, too"
          checked={value === null}
          onChange={() => onChange(null)}
        />
        <Choice
          type="radio"
          name={group}
          title="Chosen apps"
          note="Only those ticked here"
          checked={value !== null}
          onChange={() => onChange([])}
        />
      </div>
      {value !== null && (
        <div className="mt-1 grid gap-2 md:grid-cols-2" data-wrong={error ? "" : undefined}>
          {catalog.error && <p className="text-13 text-ink-2">The list of apps could not be loaded.</p>}
          {catalog.data?.apps.map((app) => (
            <Choice
              key={app.id}
              type="checkbox"
              title={app.name}
              checked={value.includes(app.id)}
              onChange={(event) =>
                onChange(event.target.checked ? [...value, app.id] : value.filter((id) => id !== app.id))
              }
            />
          ))}
        </div>
      )}
    </ChoiceGroup>
  );
}
