/**
 * The address a request came from, as far as headers tell. The last entry of `X-Forwarded-For` is the one the nearest
 * proxy wrote; those before it are the client's own word, so rotating them gains nothing.
 */
export function clientAddress(headers: Pick<Headers, "get">): string | undefined {
  const forwarded = headers.get("x-forwarded-for");
  return forwarded?.split(",").at(-1)?.trim() || undefined;
}
