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

/** True where Postgres refused a text as such: whoever sent it can mend it. */
export const isUnstorable = (error: unknown): boolean => hasCode(error, UNSTORABLE);

/** True where the error, or what caused it, says that Postgres could not be reached, as opposed to having refused. */
export const isDatabaseAway = (error: unknown): boolean => hasCode(error, AWAY);

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string" && codes.has(at.code)) return true;
    if (at instanceof AggregateError && at.errors.some((each) => hasCode(each, codes))) return true;
  }
  return false;
}
