const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  // Postgres: shutting down, crashed, starting up, too many clients.
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

/** Text with a character that Postgres keeps in no column (NUL), or half of one. */
const UNSTORABLE = new Set(["22021", "22P05"]);

/** What it says of half a character within a document, where the code is that of any text it cannot read. */
const HALF_IN_JSON = /^invalid input syntax for type json/;

/** True where Postgres refused a text as such: whoever sent it can mend it. */
export const isUnstorable = (error: unknown): boolean =>
  hasCode(error, UNSTORABLE) || some(error, (at) => codeOf(at) === "22P02" && HALF_IN_JSON.test(at.message));

/** True where the error, or what caused it, says that Postgres could not be reached, as opposed to having refused. */
export const isDatabaseAway = (error: unknown): boolean => hasCode(error, AWAY);

const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");
const hasCode = (error: unknown, codes: ReadonlySet<string>): boolean => some(error, (at) => codes.has(codeOf(at)));

/** Whether an error, or one of those that caused it, is such a one. */
function some(error: unknown, such: (at: Error) => boolean): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (such(at)) return true;
    if (at instanceof AggregateError && at.errors.some((each) => some(each, such))) return true;
  }
  return false;
}
