import { problem, requestIdOf } from "@/lib/problem";

/** Compares secrets in time that depends on neither. */
async function sameSecret(given: string, expected: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [a, b] = (await Promise.all([digest(given), digest(expected)])).map((buffer) => new Uint8Array(buffer));
  return a !== undefined && b !== undefined && a.reduce((sum, byte, i) => sum | (byte ^ (b[i] ?? 0)), 0) === 0;
}

/**
 * Lets a request in that shows a secret as its bearer token; to anyone else the address does not exist, and to nobody where
 * there is no secret.
 * @returns the answer to give, or null where the request may go on
 */
export async function turnedAway(request: Request, secret: string | undefined): Promise<Response | null> {
  const given = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  if (secret && (await sameSecret(given, secret))) return null;
  return problem("not_found", "There is nothing at this address.", { requestId: requestIdOf(request) });
}
