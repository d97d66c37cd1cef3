/** They would change or hold up the connection that all callers share, and Upstash does not offer them over REST. */
const NOT_OFFERED = new Set(
  (
    "AUTH HELLO SELECT QUIT RESET CLIENT MONITOR SYNC PSYNC SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE " +
    "SUNSUBSCRIBE MULTI EXEC DISCARD WATCH UNWATCH BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT " +
    "WAITAOF SHUTDOWN"
  ).split(" "),
);

/** Why a command cannot be taken, or undefined if it can. */
export function refusal(command: readonly string[]): string | undefined {
  const name = command[0]?.toUpperCase();
  if (!name) return "ERR empty command";
  if (NOT_OFFERED.has(name)) return `ERR Command is not available: '${name}'`;
  const blocks = (name === "XREAD" || name === "XREADGROUP") && command.some((word) => word.toUpperCase() === "BLOCK");
  return blocks ? `ERR Command is not available: '${name} BLOCK'` : undefined;
}

/**
 * A reply as Upstash writes it in JSON: integers as numbers, nil as null, arrays nested, text plain or, on demand, in
 * base64, where only "OK" stays as it is.
 */
export function present(value: unknown, base64: boolean): unknown {
  if (Buffer.isBuffer(value)) {
    if (!base64) return value.toString("utf8");
    return value.length === 2 && value[0] === 0x4f && value[1] === 0x4b ? "OK" : value.toString("base64");
  }
  if (typeof value === "string") return base64 && value !== "OK" ? Buffer.from(value).toString("base64") : value;
  if (Array.isArray(value)) return value.map((item: unknown) => present(item, base64));
  if (value instanceof Error) return value.message;
  return value ?? null;
}
