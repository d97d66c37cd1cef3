import { type CreateKeyInput, createKeyInput, type KeyView } from "../contract";
import { DEFAULT_RATE_LIMIT, SCOPES, type Scope } from "../rules";

/** The form as it stands, every field as a person typed or chose it. */
export interface KeyForm {
  name: string;
  kind: "pk" | "sk";
  mode: "live" | "test";
  /** One origin a line. */
  origins: string;
  scopes: Scope[];
  /** Null covers all apps. */
  apps: string[] | null;
  rateLimit: string;
  /** Days until it expires; empty for never. */
  expiresIn: string;
}

export const EMPTY_FORM: KeyForm = {
  name: "",
  kind: "pk",
  mode: "live",
  origins: "",
  scopes: ["tokens:consume"],
  apps: null,
  rateLimit: String(DEFAULT_RATE_LIMIT),
  expiresIn: "",
};

/** A key's settings as the form shows them. How long it lasts is not changed there. */
export const formOf = (key: KeyView): KeyForm => ({
  ...EMPTY_FORM,
  ...{ name: key.name, kind: key.kind, mode: key.mode, apps: key.appPermissions },
  origins: key.origins.join("\n"),
  scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
  rateLimit: String(key.rateLimit),
});

export type KeyFormErrors = Partial<Record<keyof KeyForm, string>>;

const FIELD: Record<string, keyof KeyForm> = {
  name: "name",
  kind: "kind",
  mode: "mode",
  origins: "origins",
  scopes: "scopes",
  appPermissions: "apps",
  rateLimit: "rateLimit",
  expiresAt: "expiresIn",
};

const DAY_MS = 86_400_000;

/** How long a new key may be given; days as text, empty for no end. */
export const LIFETIMES = [
  ["", "Never"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
] as const;

/** When a key that lives as long as chosen ends; null for never. `now` in milliseconds. */
export const endOf = (lifetime: string, now: number): string | null =>
  lifetime ? new Date(now + Number(lifetime) * DAY_MS).toISOString() : null;

/** The shortest choice that is no shorter than the life a key was given, for the one that replaces it. */
export function lifetimeLike(key: Pick<KeyView, "createdAt" | "expiresAt">): string {
  if (key.expiresAt === null) return "";
  const days = (Date.parse(key.expiresAt) - Date.parse(key.createdAt)) / DAY_MS;
  return LIFETIMES.find(([each]) => each !== "" && Number(each) >= Math.floor(days))?.[0] ?? "365";
}

/**
 * The form as the contract wants it, or what is wrong with each field, in whole sentences. The contract itself judges,
 * so that the form and the server never disagree. `now` in milliseconds.
 */
export function readKeyForm(form: KeyForm, now: number): { input: CreateKeyInput } | { errors: KeyFormErrors } {
  const origins = form.origins
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter(Boolean);
  const input: CreateKeyInput = {
    name: form.name,
    kind: form.kind,
    mode: form.mode,
    appPermissions: form.apps,
    rateLimit: /^\d+$/.test(form.rateLimit.trim()) ? Number(form.rateLimit) : Number.NaN,
    expiresAt: endOf(form.expiresIn, now),
    ...(form.kind === "pk" ? { origins } : { scopes: form.scopes }),
  };
  const result = createKeyInput.safeParse(input);
  if (result.success) return { input };
  const errors: KeyFormErrors = {};
  for (const issue of result.error.issues) {
    const [name, position] = issue.path;
    const field = FIELD[String(name)] ?? "name";
    const culprit = field === "origins" && typeof position === "number" ? origins[position] : undefined;
    errors[field] ??=
      field === "rateLimit" ? "Give a whole number from 1 to 1,000,000." : sentence(issue.message, culprit);
  }
  return { errors };
}

/** A contract's message as a sentence, with what it is about where there are several. */
function sentence(message: string, culprit: string | undefined): string {
  const text = culprit ? `“${culprit}” ${message}` : message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
