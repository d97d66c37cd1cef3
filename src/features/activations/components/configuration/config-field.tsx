"use client";

import { type ComponentProps, useId, useState } from "react";
import { Button } from "@/components/button";
import { ColorField } from "@/components/color-field";
import { Choice, ChoiceGroup, FieldError, SelectField, TextArea, TextField } from "@/components/field";
import { PlusIcon, RemoveIcon } from "@/components/icons/interface";
import type { FieldSchema } from "@/features/catalog/dialect/contract";
import { defaultOf, isGroup, kindOf, readable, titleOf } from "@/features/catalog/dialect/rules";

/** One field of a configuration: where it stands, what it is, what is in it. */
export interface FieldProps {
  readonly name: string;
  readonly path: string;
  readonly field: FieldSchema;
  readonly value: unknown;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (value: unknown) => void;
  readonly disabled?: boolean | undefined;
}

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** The control for a field, by what kind it is; groups and lists hold more of the same. */
export function ConfigField(props: FieldProps) {
  const { name, path, field, value, errors, onChange, disabled } = props;
  const label = titleOf(name, field);
  const error = errors.get(path);
  const common = { label, hint: field.description, ...(error ? { error: sentence(error) } : {}) };
  switch (kindOf(field)) {
    case "text":
      return (
        <TextArea
          {...common}
          value={text(value)}
          disabled={disabled}
          maxLength={field.max_length ?? 2_000}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case "color":
      return <ColorField {...common} value={text(value)} onChange={onChange} />;
    case "number":
    case "integer":
      return (
        <NumberField
          {...common}
          label={field.unit ? `${label}, ${field.unit}` : label}
          hint={common.hint ?? rangeOf(field)}
          inputMode={field.type === "integer" ? "numeric" : "decimal"}
          disabled={disabled}
          value={value}
          onValue={onChange}
        />
      );
    case "boolean":
      return (
        <label className="flex items-start gap-2.5 justify-self-start">
          <input
            type="checkbox"
            className="mt-0.5 size-4 shrink-0 accent-(--accent)"
            disabled={disabled}
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
          />
          <span className="grid gap-0.5">
            <span className="text-13 font-medium">{label}</span>
            {field.description && <span className="text-12 text-ink-3">{field.description}</span>}
          </span>
        </label>
      );
    case "select":
      return (
        <SelectField
          {...common}
          disabled={disabled}
          value={text(value)}
          onChange={(event) => onChange(event.target.value)}
        >
          {field.options?.map((option) => (
            <option key={option} value={option}>
              {readable(option)}
            </option>
          ))}
        </SelectField>
      );
    case "multiselect":
      return <Choices {...props} label={label} />;
    case "object":
      return <Group {...props} label={label} />;
    case "array":
      return <Entries {...props} label={label} />;
    default:
      return (
        <TextField
          {...common}
          disabled={disabled}
          value={text(value)}
          inputMode={field.type === "url" ? "url" : undefined}
          placeholder={field.type === "url" ? "https://" : undefined}
          maxLength={field.max_length ?? 500}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

/** A message of the check as a sentence. */
export const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

const rangeOf = ({ min, max }: FieldSchema): string | undefined =>
  min !== undefined && max !== undefined ? `From ${min} to ${max}.` : undefined;

type NumberFieldProps = Omit<ComponentProps<typeof TextField>, "value" | "onChange"> & {
  value: unknown;
  onValue: (value: unknown) => void;
};

/** A number, standing as it was typed for as long as that is its value: `1.0` on the way to `1.05` does not become `1`. */
function NumberField({ value, onValue, ...rest }: NumberFieldProps) {
  const [typed, setTyped] = useState(text(value));
  return (
    <TextField
      {...rest}
      className="figures"
      value={shownAs(typed, value)}
      onChange={(event) => {
        setTyped(event.target.value);
        onValue(numberFrom(event.target.value));
      }}
    />
  );
}

/** What stands in the field: what was typed, unless the value has become another one since. */
export const shownAs = (typed: string, value: unknown): string => (numberFrom(typed) === value ? typed : text(value));

/** A number as typed; what is none stays text, so that the check can say so and nothing typed is lost. */
export function numberFrom(typed: string): unknown {
  const plain = typed.trim().replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : typed;
}

function Choices({ path, field, value, errors, onChange, disabled, label }: FieldProps & { label: string }) {
  const chosen = Array.isArray(value) ? value : [];
  const error = errors.get(path) ?? [...errors].find(([at]) => at.startsWith(`${path}.`))?.[1];
  return (
    <ChoiceGroup legend={label} {...(error ? { error: sentence(error) } : {})}>
      {field.description && <p className="-mt-1 mb-1 text-12 text-ink-3">{field.description}</p>}
      <div className="grid gap-2 sm:grid-cols-2" data-wrong={error ? "" : undefined}>
        {field.options?.map((option) => (
          <Choice
            key={option}
            type="checkbox"
            title={readable(option)}
            disabled={disabled}
            checked={chosen.includes(option)}
            onChange={(event) =>
              onChange(
                // In the order of the options, whatever the order of the clicks.
                field.options?.filter((each) => (each === option ? event.target.checked : chosen.includes(each))),
              )
            }
          />
        ))}
      </div>
    </ChoiceGroup>
  );
}

function Group({ path, field, value, errors, onChange, disabled, label }: FieldProps & { label: string }) {
  const values = isGroup(value) ? value : {};
  return (
    <fieldset>
      <legend className="mb-3 text-13 font-medium">
        {label}
        {field.description && <span className="block text-12 font-normal text-ink-3">{field.description}</span>}
      </legend>
      <div className="grid gap-4 border-l border-line-strong pl-4">
        {Object.entries(field.properties ?? {}).map(([name, inner]) => (
          <ConfigField
            key={name}
            name={name}
            path={`${path}.${name}`}
            field={inner}
            value={values[name]}
            errors={errors}
            disabled={disabled}
            onChange={(next) => onChange({ ...values, [name]: next })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Entries({ path, field, value, errors, onChange, disabled, label }: FieldProps & { label: string }) {
  const entries = Array.isArray(value) ? value : [];
  const items: FieldSchema = field.items ?? { type: "string" };
  const what = (items.title ?? "Entry").toLowerCase();
  const most = field.max_items ?? 50;
  const id = useId();
  const error = errors.get(path);
  return (
    <fieldset
      className="relative grid gap-3"
      data-wrong={error ? "" : undefined}
      aria-describedby={error ? id : undefined}
    >
      <legend className="mb-2 text-13 font-medium">
        {label} <span className="figures font-normal text-ink-3">{entries.length}</span>
        {field.description && <span className="block text-12 font-normal text-ink-3">{field.description}</span>}
      </legend>
      <FieldError id={id}>{error && sentence(error)}</FieldError>
      {entries.map((entry, at) => (
        // Entries have no id of their own; they are only ever added at the end.
        <div key={`${path}.${at.toString()}`} className="flex items-start gap-2">
          <div className="grid min-w-0 flex-1 gap-3">
            <ConfigField
              name={items.title ?? `${readable(what)} ${at + 1}`}
              path={`${path}.${at}`}
              field={items.type === "object" ? { ...items, title: `${readable(what)} ${at + 1}` } : items}
              value={entry}
              errors={errors}
              disabled={disabled}
              onChange={(next) => onChange(entries.map((each, place) => (place === at ? next : each)))}
            />
          </div>
          {!disabled && (
            <Button
              look="quiet"
              size="icon"
              aria-label={`Remove ${what} ${at + 1} of ${label.toLowerCase()}`}
              onClick={() => onChange(entries.filter((_, place) => place !== at))}
            >
              <RemoveIcon />
            </Button>
          )}
        </div>
      ))}
      {!disabled && (
        <Button
          size="small"
          className="justify-self-start"
          icon={<PlusIcon size={16} />}
          disabled={entries.length >= most}
          onClick={() => onChange([...entries, defaultOf(items)])}
        >
          Add {/^[aeiou]/.test(what) ? "an" : "a"} {what}
        </Button>
      )}
    </fieldset>
  );
}
