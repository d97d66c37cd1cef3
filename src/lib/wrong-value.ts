import type { z } from "zod";

/** How a value must be, by what the schema calls it. */
const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "text",
};
const FORMS: Readonly<Record<string, string>> = {
  date: "a day such as 2026-01-31",
  datetime: "a time such as 2026-01-31T12:00:00Z",
  email: "an email address",
  url: "an address",
  uuid: "a UUID",
};

const listed = (values: readonly unknown[]): string => values.map(String).join(", ");

function limit(origin: string, bound: string, value: number | bigint): string {
  const one = Number(value) === 1;
  if (origin === "string") return `must have ${bound} ${value} ${one ? "character" : "characters"}`;
  if (origin === "array" || origin === "set") return `must have ${bound} ${value} ${one ? "entry" : "entries"}`;
  return `must be ${bound} ${value}`;
}

/**
 * What is wrong with a value, in our words, for `safeParse(…, { error })`: no library's text reaches a caller. It stands
 * after the field's path; where a schema has words of its own, those count.
 */
export const wrongValue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "must be given";
      return `must be ${KINDS[issue.expected] ?? "of another kind"}`;
    case "too_small":
      return limit(issue.origin, "at least", issue.minimum);
    case "too_big":
      return limit(issue.origin, "at most", issue.maximum);
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${listed(issue.values)}`;
    case "invalid_format":
      return `must be ${FORMS[issue.format] ?? "of the form that the reference names"}`;
    case "unrecognized_keys":
      return `${issue.keys.length > 1 ? "there are no such fields here" : "there is no such field here"}: ${listed(issue.keys)}`;
    default:
      return "does not fit";
  }
};
