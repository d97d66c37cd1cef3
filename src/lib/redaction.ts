/** Takes secrets out of what is about to be told to a log or to somebody else's service. Runs on every host. */

const CENSOR = "[removed]";
/** Fields whose value is never told, whatever it is; in any spelling: apiKey, api_key, API-KEY. */
const NAMES =
  /^(?:.*password(?:hash)?|pass|.*secret|.*token|authorization|proxyauthorization|cookie|setcookie|(?:api|private|secret|signing|encryption)keys?|pepper|hmac|dsn|.*credentials?)$/;
/**
 * Secrets by their form, wherever they stand: what a query was given, API keys, signing secrets, Stripe's keys, bearer tokens,
 * passwords in addresses.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  // What the database layer puts behind a query that failed, in the message and before the stack: all that was to be kept.
  // In a text, and in a line of JSON.
  [/\nparams: [\s\S]*?(?=\n {4}at |$)/g, `\nparams: ${CENSOR}`],
  [/\\nparams: (?:[^"\\]|\\.)*?(?=\\n {4}at |")/g, `\\nparams: ${CENSOR}`],
  [/\bca_(?:pk|sk)_(?:live|test)_[0-9A-Za-z_]+/g, `ca_${CENSOR}`],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, `whsec_${CENSOR}`],
  [/\b(?:sk|rk)_(?:live|test)_\w+/g, `sk_${CENSOR}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${CENSOR}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/:@]*:[^\s/@]+@/gi, `$1${CENSOR}@`],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){0,3}/g, CENSOR],
];
/** The same as the fields of an error; `detail` is where Postgres quotes the whole row that it would not take. */
const KEPT_VALUES = new Set(["params", "detail"]);
const DEEPEST = 6;

/** A text without what looks like a secret. */
export const cleanText = (text: string): string =>
  FORMS.reduce((left, [form, censored]) => left.replace(form, censored), text);

/** A copy of a value without its secrets. Errors become what is told of them: type, message, stack and cause. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth > DEEPEST) return "[too deep]";
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, depth + 1));
  let entries: [string, unknown][] = Object.entries(value);
  if (value instanceof Error) {
    entries = entries.filter(([name]) => !KEPT_VALUES.has(name));
    const { name, message, stack, cause } = value;
    entries.unshift(
      ["type", name],
      ["message", message],
      ["stack", stack],
      ...(cause ? [["cause", cause] as [string, unknown]] : []),
    );
  }
  return Object.fromEntries(
    entries.map(([name, each]) => [
      name,
      NAMES.test(name.replace(/[-_]/g, "").toLowerCase()) &&
      each !== undefined &&
      each !== null &&
      typeof each !== "number"
        ? CENSOR
        : withoutSecrets(each, depth + 1),
    ]),
  );
}
