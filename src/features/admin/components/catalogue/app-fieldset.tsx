"use client";

import Link from "next/link";
import { useId } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { FieldError, SelectField, TextArea, TextField } from "@/components/field";
import { PlusIcon, RemoveIcon } from "@/components/icons/interface";
import { TIER_NAMES } from "@/features/catalog/rules";
import type { AppFields, EditedApp, FieldName } from "../../catalogue/contract";
import { differing, valueWords } from "../../catalogue/rules";
import { APP_STATUS } from "../words";
import { type AppForm, type FormEntry, newEntry, shownOf } from "./app-form";

/** Characters of a shipped value that a hint tells. */
const HINT = 120;

/** The fields of an app, each saying where the shipped catalogue has something else. */
export function AppFieldset({
  app,
  form,
  wrong,
  onChange,
}: {
  app: EditedApp;
  form: AppForm;
  wrong: Partial<Record<FieldName, string>>;
  onChange: (change: Partial<AppForm>) => void;
}) {
  const unlike = differing(shownOf(form, app.published), app.shipped);
  const about = (field: FieldName, hint?: string) => {
    const words = valueWords(app.shipped[field]);
    const shipped = unlike.includes(field) ? `Shipped: ${words.slice(0, HINT)}${words.length > HINT ? "…" : ""}` : "";
    const told = [hint, shipped].filter(Boolean).join(" ");
    return { ...(told && { hint: told }), ...(wrong[field] && { error: wrong[field] }) };
  };
  return (
    <Card title="What brands read and pay">
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        <TextField
          label="Name"
          maxLength={60}
          value={form.name}
          onChange={({ target }) => onChange({ name: target.value })}
          {...about("name")}
        />
        <TextField
          label="Tagline"
          maxLength={160}
          value={form.description}
          onChange={({ target }) => onChange({ description: target.value })}
          {...about("description", "One sentence, for the marketplace and the API.")}
        />
        <TextArea
          label="Description"
          rows={5}
          maxLength={1_500}
          value={form.about}
          onChange={({ target }) => onChange({ about: target.value })}
          {...about("about")}
        />
        <TextArea
          label="Features"
          rows={4}
          value={form.features}
          onChange={({ target }) => onChange({ features: target.value })}
          {...about("features", "One to a line.")}
        />
        <div className="grid gap-4 sm:grid-cols-3">
          <TextField
            label={app.page.variablePrice ? "Least price" : "Price"}
            inputMode="numeric"
            value={form.tokenCost}
            onChange={({ target }) => onChange({ tokenCost: target.value })}
            {...about("tokenCost", "Tokens a use.")}
          />
          <SelectField
            label="Plan"
            value={form.pricingTier}
            onChange={({ target }) => onChange({ pricingTier: target.value as AppFields["pricingTier"] })}
            {...about("pricingTier", "The least that opens it.")}
          >
            {Object.entries(TIER_NAMES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </SelectField>
          <SelectField
            label="Status"
            value={form.status}
            onChange={({ target }) => onChange({ status: target.value as AppFields["status"] })}
            {...about("status")}
          >
            {Object.entries(APP_STATUS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </SelectField>
        </div>
        <p className="text-12 text-ink-3">
          {STATUS_MEANS[form.status]} To which brands it is open stands on{" "}
          <Link href="/admin/flags" className="text-accent-ink underline underline-offset-2">
            Flags
          </Link>
          .
        </p>
        <Changelog entries={form.changelog} wrong={wrong.changelog} onChange={(changelog) => onChange({ changelog })} />
      </div>
    </Card>
  );
}

const STATUS_MEANS: Readonly<Record<AppFields["status"], string>> = {
  available: "Every brand whose plan covers it can turn it on.",
  beta: "Marked as beta on every page.",
  deprecated: "Brands that have it keep it; nobody else can turn it on.",
  disabled: "Every use is refused from now on, also of brands that have it.",
};

function Changelog({
  entries,
  wrong,
  onChange,
}: {
  entries: readonly FormEntry[];
  wrong: string | undefined;
  onChange: (entries: FormEntry[]) => void;
}) {
  const set = (id: string, change: Partial<FormEntry>) =>
    onChange(entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  const id = useId();
  const today = new Date().toISOString().slice(0, 10);
  return (
    <fieldset className="relative grid gap-3" data-wrong={wrong ? "" : undefined} aria-describedby={wrong && id}>
      <legend className="mb-1.5 text-13 font-medium">Changelog</legend>
      <FieldError id={id}>{wrong}</FieldError>
      <div>
        <Button size="small" icon={<PlusIcon size={16} />} onClick={() => onChange([newEntry(today), ...entries])}>
          Add an entry
        </Button>
      </div>
      {entries.map((entry) => (
        <div key={entry.id} className="grid gap-2 border-t border-line pt-3">
          <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)_auto] items-end gap-2">
            <TextField
              label="Version"
              maxLength={20}
              value={entry.version}
              onChange={({ target }) => set(entry.id, { version: target.value })}
            />
            <TextField
              label="Day"
              type="date"
              value={entry.date}
              onChange={({ target }) => set(entry.id, { date: target.value })}
            />
            <Button
              look="quiet"
              size="icon"
              aria-label={`Remove entry ${entry.version || "without a version"}`}
              onClick={() => onChange(entries.filter(({ id }) => id !== entry.id))}
            >
              <RemoveIcon size={18} />
            </Button>
          </div>
          <TextField
            label="What changed"
            maxLength={300}
            value={entry.notes}
            onChange={({ target }) => set(entry.id, { notes: target.value })}
          />
        </div>
      ))}
    </fieldset>
  );
}
