import { useId } from "react";
import { FieldError } from "./field";

const COLOR = /^#[0-9a-fA-F]{6}$/;

/** A colour: the platform's picker, and the same in text for who has it in a style guide. */
export function ColorField({
  label,
  hint,
  error,
  value,
  empty,
  onChange,
}: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  /** What stands in for a colour where none is chosen: in the picker, and in words in the field. */
  empty?: { readonly color: string; readonly words: string };
  onChange: (value: string) => void;
}) {
  const id = useId();
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return (
    <div className="relative grid content-start gap-1.5">
      <label htmlFor={id} className="text-13 font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          type="color"
          aria-label={`${label}, picker`}
          value={COLOR.test(value) ? value.toLowerCase() : (empty?.color ?? "#000000")}
          onChange={(event) => onChange(event.target.value)}
          className="h-10 w-12 shrink-0 cursor-pointer rounded-control border border-line-control bg-surface p-1 md:h-9"
        />
        <input
          id={id}
          value={value}
          placeholder={empty?.words}
          maxLength={20}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={error ? true : undefined}
          aria-describedby={notes}
          onChange={(event) => onChange(event.target.value)}
          className="h-10 w-full rounded-control border border-line-control bg-surface px-3 font-mono text-13 text-ink aria-invalid:border-red md:h-9"
        />
      </div>
      {hint && (
        <p id={`${id}-hint`} className="text-12 text-ink-3">
          {hint}
        </p>
      )}
      <FieldError id={`${id}-error`}>{error}</FieldError>
    </div>
  );
}
