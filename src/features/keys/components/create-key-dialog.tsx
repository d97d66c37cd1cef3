"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useId, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, ChoiceGroup, SelectField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { MadeKey } from "../contract";
import { KeyLimit, KeyName, KeyReach, useKeyForm } from "./key-fields";
import { EMPTY_FORM, LIFETIMES } from "./key-form";
import { KeyReveal } from "./key-reveal";
import { KINDS, MODES } from "./words";

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
  const { form, errors, set, element, check } = useKeyForm(EMPTY_FORM);
  const group = useId();
  const create = useMutation(
    trpc.keys.create.mutationOptions({
      onSuccess: (made) => {
        onMade(made);
        return queries.invalidateQueries(trpc.keys.list.queryFilter());
      },
    }),
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const input = create.isPending ? null : check();
    if (input) create.mutate(input);
  };

  return (
    <form ref={element} onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {create.error && (
          <Notice kind="stopped" title="The key was not made">
            {describeFailure(create.error)}
          </Notice>
        )}
        <KeyName ref={nameField} form={form} errors={errors} set={set} />
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
        <KeyReach form={form} errors={errors} set={set} />
        <div className="grid gap-5 md:grid-cols-2 md:gap-3">
          <KeyLimit form={form} errors={errors} set={set} />
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
