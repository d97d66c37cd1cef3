"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useId, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, ChoiceGroup, TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import { EVENTS } from "../../webhook-catalogue/contract";
import { type CreateEndpointInput, createEndpointInput, type EndpointView, type Revealed } from "../contract";
import { SecretReveal } from "./secret-reveal";
import { GROUPS } from "./words";

/** Makes an endpoint and shows its secret, or changes the one that is given. */
export function EndpointDialog({
  open,
  onOpenChange,
  endpoint,
  finalFocus,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  endpoint?: EndpointView;
  finalFocus?: RefObject<HTMLElement | null>;
}) {
  const [made, setMade] = useState<Revealed | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next) setMade(null);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      firm
      initialFocus={first}
      finalFocus={finalFocus}
      title={made ? "The endpoint is ready" : endpoint ? "Change the endpoint" : "Add an endpoint"}
    >
      {made ? (
        <SecretReveal secret={made.secret} onDone={() => change(false)} />
      ) : (
        <EndpointForm first={first} endpoint={endpoint} onMade={setMade} onDone={() => change(false)} />
      )}
    </Dialog>
  );
}

type Fields = { url: string; description: string; events: string[] | null };
type Errors = Partial<Record<keyof Fields, string>>;

function EndpointForm({
  first,
  endpoint,
  onMade,
  onDone,
}: {
  first: RefObject<HTMLInputElement | null>;
  endpoint: EndpointView | undefined;
  onMade: (made: Revealed) => void;
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const group = useId();
  const element = useRef<HTMLFormElement>(null);
  const [fields, setFields] = useState<Fields>({
    url: endpoint?.url ?? "",
    description: endpoint?.description ?? "",
    events: endpoint?.events ? [...endpoint.events] : null,
  });
  const [errors, setErrors] = useState<Errors>({});
  const refresh = () => queries.invalidateQueries(trpc.webhooks.pathFilter());
  const refused = (error: unknown) => {
    const data =
      error instanceof Error && "data" in error ? (error.data as { fields?: { path: string; message: string }[] }) : {};
    const at = data.fields?.find(({ path }) => path === "url");
    if (at) fail({ url: at.message });
  };
  const create = useMutation(
    trpc.webhooks.create.mutationOptions({
      onSuccess: (made) => {
        onMade(made);
        return refresh();
      },
      onError: refused,
    }),
  );
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onDone();
      },
      onError: refused,
    }),
  );
  const failure = create.error ?? update.error;
  const busy = create.isPending || update.isPending;
  const fail = (found: Errors) => {
    setErrors(found);
    // The first field that is wrong takes the focus, once it has been marked.
    requestAnimationFrame(() =>
      element.current?.querySelector<HTMLElement>("[aria-invalid], [data-wrong] input")?.focus(),
    );
  };
  const set = <Name extends keyof Fields>(name: Name, value: Fields[Name]) => {
    setFields((before) => ({ ...before, [name]: value }));
    setErrors((before) => ({ ...before, [name]: undefined }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const read = createEndpointInput.safeParse(fields);
    if (!read.success) {
      const said = read.error.issues.map(({ path, message }) => [String(path[0]), sentence(message)] as const);
      return fail(Object.fromEntries(said.reverse()));
    }
    const input: CreateEndpointInput = read.data;
    if (endpoint) update.mutate({ id: endpoint.id, ...input });
    else create.mutate(input);
  };

  return (
    <form ref={element} onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {failure && !errors.url && (
          <Notice kind="stopped" title="The endpoint was not saved">
            {describeFailure(failure)}
          </Notice>
        )}
        <TextField
          ref={first}
          label="Address"
          hint="Where your server takes the events, by https."
          type="url"
          inputMode="url"
          value={fields.url}
          error={errors.url}
          maxLength={2_048}
          autoComplete="off"
          spellCheck={false}
          placeholder="https://hooks.example.com/varai"
          onChange={(event) => set("url", event.target.value)}
        />
        <TextField
          label="Description"
          hint="For you and your team. May stay empty."
          value={fields.description}
          error={errors.description}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => set("description", event.target.value)}
        />
        <ChoiceGroup legend="Events" error={errors.events}>
          <div className="grid gap-2 md:grid-cols-2">
            <Choice
              type="radio"
              name={`${group}-events`}
              title="All events"
              note="Those of later, too"
              checked={fields.events === null}
              onChange={() => set("events", null)}
            />
            <Choice
              type="radio"
              name={`${group}-events`}
              title="Chosen events"
              note="Only those ticked here"
              checked={fields.events !== null}
              onChange={() => set("events", [])}
            />
          </div>
          {fields.events !== null && (
            <Chosen
              chosen={fields.events}
              wrong={Boolean(errors.events)}
              onChange={(events) => set("events", events)}
            />
          )}
        </ChoiceGroup>
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="main" busy={busy}>
          {endpoint ? "Save" : "Add endpoint"}
        </Button>
      </DialogActions>
    </form>
  );
}

function Chosen({
  chosen,
  wrong,
  onChange,
}: {
  chosen: string[];
  wrong: boolean;
  onChange: (events: string[]) => void;
}) {
  return (
    <div className="mt-1 grid gap-4" data-wrong={wrong ? "" : undefined}>
      {GROUPS.map(([name, events]) => (
        <ChoiceGroup key={name} legend={name}>
          <div className="grid gap-2">
            {events.map((event) => (
              <Choice
                key={event}
                type="checkbox"
                title={<span className="font-mono text-13">{event}</span>}
                note={EVENTS[event].when}
                checked={chosen.includes(event)}
                onChange={({ target }) =>
                  onChange(target.checked ? [...chosen, event] : chosen.filter((each) => each !== event))
                }
              />
            ))}
          </div>
        </ChoiceGroup>
      ))}
    </div>
  );
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
