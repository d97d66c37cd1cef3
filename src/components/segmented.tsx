"use client";

import { type ReactNode, useId } from "react";
import { cx } from "./cx";

/** One of a few, all in view. Radios underneath, so arrow keys move and a screen reader counts them. */
export function Segmented<Value extends string>({
  legend,
  value,
  options,
  onChange,
}: {
  legend: string;
  value: Value;
  options: readonly { readonly value: Value; readonly label: ReactNode }[];
  onChange: (value: Value) => void;
}) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-control border border-line bg-inset p-0.5">
      <legend className="sr-only">{legend}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            "inline-flex h-8 items-center gap-1.5 rounded-control px-2.5 text-13 font-medium transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent",
            option.value === value ? "bg-surface text-ink" : "text-ink-2 hover:text-ink",
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
