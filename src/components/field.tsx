import type { InputHTMLAttributes, ReactNode, Ref, SelectHTMLAttributes, TextareaHTMLAttributes } from "react";
import { useId } from "react";
import { cx } from "./cx";
import { ChevronIcon, StoppedIcon } from "./icons/interface";

const CONTROL =
  "w-full rounded-control border border-line-control bg-surface px-3 text-14 text-ink transition-colors aria-invalid:border-red disabled:opacity-60";

type FieldProps = {
  label: string;
  /** What to know before typing. */
  hint?: ReactNode;
  /** What is wrong and how to mend it; announced, and tied to the control. */
  error?: string;
};

function Described({
  id,
  label,
  hint,
  error,
  children,
}: FieldProps & {
  id: string;
  children: (aria: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}) {
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="relative grid content-start gap-1.5">
      <label htmlFor={id} className="text-13 font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": notes || undefined, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-12 text-ink-3">
          {hint}
        </p>
      )}
      <FieldError id={`${id}-error`}>{error}</FieldError>
    </div>
  );
}

/** Puts whoever sent a form at the first field that is wrong, once it has been marked. */
export function toFirstWrong(form: HTMLElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid], [data-wrong] input")?.focus());
}

/**
 * What is wrong with a field or a group of fields. Always in the page, and out of sight rather than not displayed while there is
 * nothing to say, so that a new message is announced. What it stands in is `relative`, so that it scrolls along unseen, too.
 */
export function FieldError({ id, children }: { id: string; children?: string }) {
  return (
    <p id={id} aria-live="polite" className={children ? "flex items-start gap-1.5 text-12 text-red" : "sr-only"}>
      {children && <StoppedIcon size={16} className="shrink-0" />}
      {children}
    </p>
  );
}

/** One line of text with its label above. */
export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  const id = useId();
  return (
    <Described id={id} label={label} hint={hint} error={error}>
      {(aria) => <input {...rest} {...aria} className={cx(CONTROL, "h-10 md:h-9", className)} />}
    </Described>
  );
}

/** Several lines of text with their label above. */
export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  const id = useId();
  return (
    <Described id={id} label={label} hint={hint} error={error}>
      {(aria) => <textarea rows={3} {...rest} {...aria} className={cx(CONTROL, "py-2", className)} />}
    </Described>
  );
}

/** One of a short list, in the platform's own picker. */
export function SelectField({
  label,
  hint,
  error,
  children,
  className,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Described id={id} label={label} hint={hint} error={error}>
      {(aria) => (
        <span className="relative block">
          <select {...rest} {...aria} className={cx(CONTROL, "h-10 appearance-none pr-9 md:h-9", className)}>
            {children}
          </select>
          <ChevronIcon size={18} className="pointer-events-none absolute inset-y-0 right-2.5 my-auto text-ink-3" />
        </span>
      )}
    </Described>
  );
}

/** A group of choices under one question. */
export function ChoiceGroup({ legend, error, children }: { legend: string; error?: string; children: ReactNode }) {
  const id = useId();
  return (
    <fieldset className="relative grid gap-1.5" aria-describedby={error ? id : undefined}>
      <legend className="mb-1.5 text-13 font-medium">{legend}</legend>
      {children}
      <FieldError id={id}>{error}</FieldError>
    </fieldset>
  );
}

type ChoiceProps = Omit<InputHTMLAttributes<HTMLInputElement>, "type" | "title"> & {
  type: "radio" | "checkbox";
  title: ReactNode;
  note?: ReactNode;
};

/** One choice of a group: a radio or a checkbox with its words, the whole of it to press. */
export function Choice({ title, note, className, ...rest }: ChoiceProps) {
  return (
    <label
      className={cx(
        "flex items-start gap-2.5 rounded-control border border-line-strong px-3 py-2.5 transition-colors",
        "hover:bg-inset has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
        className,
      )}
    >
      <input {...rest} className="mt-0.5 size-4 shrink-0 accent-(--accent) outline-none" />
      <span className="grid min-w-0 gap-0.5">
        <span className="text-14 wrap-anywhere">{title}</span>
        {note && <span className="text-12 text-ink-2">{note}</span>}
      </span>
    </label>
  );
}
