"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useId, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, ChoiceGroup, SelectField, TextArea, TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { MadeKey } from "../contract";
import { EMPTY_FORM, type KeyForm, type KeyFormErrors, LIFETIMES, readKeyForm } from "./key-form";
import { KeyReveal } from "./key-reveal";
import { KINDS, MODES, SCOPE_ORDER, SCOPE_WORDS } from "./words";

/** Makes a key and then shows it. What was typed is kept until the key is made or the dialog is closed. */
export function CreateKeyDialog({
  open,
  onOpenChange,
  finalFocus,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  finalFocus: RefObject<HTMLElement | null>;
}) {
  const nameField = useRef<HTMLInputElement>(null);
  const [made, setMade] = useState<MadeKey | null>(null);
  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next) setMade(null);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      firm
      initialFocus={nameField}
      finalFocus={finalFocus}
      title={made ? `Key “${made.key.name}” is ready` : "Create a key"}
    >
      {made ? (
        <KeyReveal made={made} onDone={() => change(false)} />
      ) : (
        <CreateForm nameField={nameField} onMade={setMade} onCancel={() => change(false)} />
      )}
    </Dialog>
  );
}

function CreateForm({
  nameField,
  onMade,
  onCancel,
}: {
  nameField: RefObject<HTMLInputElement | null>;
  onMade: (made: MadeKey) => void;
  onCancel: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [form, setForm] = useState<KeyForm>(EMPTY_FORM);
  const [errors, setErrors] = useState<KeyFormErrors>({});
  const element = useRef<HTMLFormElement>(null);
  const group = useId();
  const create = useMutation(
    trpc.keys.create.mutationOptions({
      onSuccess: (made) => {
        onMade(made);
        return queries.invalidateQueries(trpc.keys.list.queryFilter());
      },
    }),
  );

  const set = <Field extends keyof KeyForm>(field: Field, value: KeyForm[Field]) => {
    setForm((before) => ({ ...before, [field]: value }));
    setErrors((before) => ({ ...before, [field]: undefined }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const read = readKeyForm(form, Date.now());
    if ("input" in read) return create.mutate(read.input);
    setErrors(read.errors);
    // The first field that is wrong takes the focus, once it has been marked.
    requestAnimationFrame(() =>
      element.current?.querySelector<HTMLElement>("[aria-invalid], [data-wrong] input")?.focus(),
    );
  };

  return (
    <form ref={element} onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {create.error && (
          <Notice kind="stopped" title="The key was not made">
            {describeFailure(create.error)}
          </Notice>
        )}
        <TextField
          ref={nameField}
          label="Name"
          hint="What you and your team call it."
          value={form.name}
          error={errors.name}
          maxLength={60}
          autoComplete="off"
          placeholder="Online shop"
          onChange={(event) => set("name", event.target.value)}
        />
        <ChoiceGroup legend="Kind">
          <div className="grid gap-2 md:grid-cols-2">
            {(["pk", "sk"] as const).map((kind) => (
              <Choice
                key={kind}
                type="radio"
                name={`${group}-kind`}
                title={`${KINDS[kind].name}, ${KINDS[kind].purpose}`}
                note={
                  kind === "pk" ? "May be seen by anyone; works only from your origins" : "Must stay hidden; shown once"
                }
                checked={form.kind === kind}
                onChange={() => set("kind", kind)}
              />
            ))}
          </div>
        </ChoiceGroup>
        <ChoiceGroup legend="Account">
          <div className="grid gap-2 md:grid-cols-2">
            {(["live", "test"] as const).map((mode) => (
              <Choice
                key={mode}
                type="radio"
                name={`${group}-mode`}
                title={MODES[mode].name}
                note={MODES[mode].note}
                checked={form.mode === mode}
                onChange={() => set("mode", mode)}
              />
            ))}
          </div>
        </ChoiceGroup>
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
        <Apps group={group} value={form.apps} error={errors.apps} onChange={(apps) => set("apps", apps)} />
        <div className="grid gap-5 md:grid-cols-2 md:gap-3">
          <TextField
            label="Requests an hour"
            hint="As many may come at once."
            inputMode="numeric"
            value={form.rateLimit}
            error={errors.rateLimit}
            onChange={(event) => set("rateLimit", event.target.value)}
          />
          <SelectField
            label="Expires"
            error={errors.expiresIn}
            value={form.expiresIn}
            onChange={(event) => set("expiresIn", event.target.value)}
          >
            {LIFETIMES.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </SelectField>
        </div>
      </DialogBody>
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="main" busy={create.isPending}>
          Create key
        </Button>
      </DialogActions>
    </form>
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
  group,
  value,
  error,
  onChange,
}: {
  group: string;
  value: string[] | null;
  error?: string;
  onChange: (apps: string[] | null) => void;
}) {
  const trpc = useTRPC();
  const catalog = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 }));
  return (
    <ChoiceGroup legend="Apps" error={error && "Choose at least one app."}>
      <div className="grid gap-2 md:grid-cols-2">
        <Choice
          type="radio"
          name={`${group}-apps`}
          title="All apps of the brand"
          note="Those you turn on later, too"
          checked={value === null}
          onChange={() => onChange(null)}
        />
        <Choice
          type="radio"
          name={`${group}-apps`}
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
