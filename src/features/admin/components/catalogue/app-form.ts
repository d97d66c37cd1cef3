import { type AppFields, appFields, type FieldName } from "../../catalogue/contract";

/** An app's fields as they are typed: a number may be half written, a list is a text with a line for each. */
export interface AppForm extends Omit<AppFields, "features" | "tokenCost" | "changelog"> {
  readonly features: string;
  readonly tokenCost: string;
  readonly changelog: readonly FormEntry[];
}
/** An entry of the changelog, with a name of its own as long as it is in the form. */
export type FormEntry = AppFields["changelog"][number] & { readonly id: string };

export const newEntry = (day: string): FormEntry => ({ id: crypto.randomUUID(), version: "", date: day, notes: "" });

export const formOf = (fields: AppFields): AppForm => ({
  ...fields,
  features: fields.features.join("\n"),
  tokenCost: String(fields.tokenCost),
  changelog: fields.changelog.map((entry, at) => ({ ...entry, id: String(at) })),
});

const typed = (form: AppForm) => ({
  ...form,
  features: form.features
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean),
  changelog: form.changelog.map(({ version, date, notes }) => ({ version, date, notes })),
  tokenCost: /^\d{1,9}$/.test(form.tokenCost.trim()) ? Number(form.tokenCost) : Number.NaN,
});

type Read =
  | { readonly fields: AppFields; readonly wrong: null }
  | { readonly fields: null; readonly wrong: Partial<Record<FieldName, string>> };

/** What a form says, or what is wrong with it by field. */
export function readForm(form: AppForm): Read {
  const read = appFields.safeParse(typed(form));
  if (read.success) return { fields: read.data, wrong: null };
  const wrong: Partial<Record<FieldName, string>> = {};
  for (const { path, message } of read.error.issues) {
    const [field, at] = path as [FieldName, number?];
    wrong[field] ??= at === undefined ? said(message) : `${said(message)} (${at + 1}.)`;
  }
  return { fields: null, wrong };
}

const said = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1);

/** What a form shows while it is typed, right or not; of the changelog, what has a version and a day already. */
export function shownOf(form: AppForm, published: AppFields): AppFields {
  const now = typed(form);
  return {
    ...now,
    tokenCost: Number.isNaN(now.tokenCost) ? published.tokenCost : now.tokenCost,
    changelog: now.changelog.filter(({ version, date }) => version !== "" && date !== ""),
  };
}
