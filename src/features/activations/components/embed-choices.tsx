"use client";

import { useState } from "react";
import { ColorField } from "@/components/color-field";
import { Choice, SelectField, TextField } from "@/components/field";
import { type EmbedOptions, embedOptions, LANGUAGES, type Language, THEMES } from "../embed/contract";
import { BUTTON_COLOUR } from "../embed/rules";

const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  de: "German",
  fr: "French",
  es: "Spanish",
  it: "Italian",
  nl: "Dutch",
};
const THEME_NAMES: Record<(typeof THEMES)[number], string> = {
  auto: "As the shopper's device",
  light: "Light",
  dark: "Dark",
};
const COLOUR = embedOptions.shape.color;

/** What embed code may say in place of what is published. Nothing is sent: the code is made here. */
export function EmbedChoices({
  options,
  onChange,
  canPin,
}: {
  options: EmbedOptions;
  onChange: (options: EmbedOptions) => void;
  canPin: boolean;
}) {
  const [color, setColor] = useState("");
  const change = (some: Partial<EmbedOptions>) => {
    const next = { ...options, ...some };
    // A choice that is taken back leaves no empty attribute behind.
    onChange(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as EmbedOptions);
  };
  const fits = color === "" || COLOUR.safeParse(color).success;
  return (
    <details className="rounded-control border border-line">
      <summary className="flex min-h-9 cursor-pointer items-center px-3 text-13 font-medium text-ink-2">
        Options for this page
      </summary>
      <div className="grid gap-4 border-t border-line p-3 sm:grid-cols-2">
        <SelectField
          label="Place"
          value={options.placement}
          onChange={(event) => change({ placement: event.target.value === "float" ? "float" : "inline" })}
        >
          <option value="inline">Where the code stands</option>
          <option value="float">Floating in the corner</option>
        </SelectField>
        <SelectField
          label="Language"
          value={options.language ?? ""}
          onChange={(event) => change({ language: LANGUAGES.find((each) => each === event.target.value) })}
        >
          <option value="">As published</option>
          {LANGUAGES.map((each) => (
            <option key={each} value={each}>
              {LANGUAGE_NAMES[each]}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Button's words"
          placeholder="As published"
          maxLength={80}
          value={options.label ?? ""}
          onChange={(event) => change({ label: event.target.value || undefined })}
        />
        <SelectField
          label="Light or dark"
          value={options.theme ?? ""}
          onChange={(event) => change({ theme: THEMES.find((each) => each === event.target.value) })}
        >
          <option value="">As published</option>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {THEME_NAMES[each]}
            </option>
          ))}
        </SelectField>
        <ColorField
          label="Button's colour"
          hint="Empty for the published one."
          error={fits ? undefined : "A colour such as #16585f"}
          value={color}
          empty={{ color: BUTTON_COLOUR, words: "As published" }}
          onChange={(value) => {
            setColor(value);
            change({ color: value !== "" && COLOUR.safeParse(value).success ? value : undefined });
          }}
        />
        {canPin && (
          <div className="content-end grid">
            <Choice
              type="checkbox"
              title="Pin this version"
              note="The loader never changes, and the browser checks its hash."
              checked={options.pinned}
              onChange={(event) => change({ pinned: event.target.checked })}
            />
          </div>
        )}
      </div>
    </details>
  );
}
