/**
 * An unexpected error as the log may keep it: kinds, codes, messages and stack, without the parameters that the
 * database layer appends to its messages (they hold addresses and hashes).
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error };
  const message = withoutParameters(error.message);
  return {
    name: error.name,
    message,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    stack: error.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(causeOf(error.cause), depth + 1) } : {}),
  };
}

const withoutParameters = (message: string): string => message.split("\nparams:")[0]?.slice(0, 1_000) ?? "";

/** next-auth wraps a cause once more, as `{ err }`. */
function causeOf(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "err" in cause ? cause.err : cause;
}
