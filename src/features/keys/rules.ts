/** What a secret key may be allowed (CONTRACT: keys). */
export const SCOPES = ["apps:read", "apps:activate", "tokens:consume", "billing:manage"] as const;
export type Scope = (typeof SCOPES)[number];

/** How many origins one public key may list. */
export const MAX_ORIGINS = 20;
/** Requests an hour, where nothing else is asked for; the burst is as large. */
export const DEFAULT_RATE_LIMIT = 1_000;
export const MAX_RATE_LIMIT = 1_000_000;

/** How long a key that was replaced may go on working, in ms. */
export const GRACE_MS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000 } as const;
export type Grace = keyof typeof GRACE_MS;
export const GRACES = ["1h", "24h", "7d"] as const satisfies readonly Grace[];

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])$/;

/**
 * True for an origin exactly as a browser writes it in `Origin`: scheme, lower-case host, and the port where it is not
 * the scheme's own. No path, no closing slash, no wildcard, no `null`: the comparison with a request is by equality,
 * so anything else could never match, or would match more than it says.
 */
export function isExactOrigin(value: string): boolean {
  if (value.length > 270 || !URL.canParse(value)) return false;
  const url = new URL(value);
  return (url.protocol === "https:" || url.protocol === "http:") && url.origin === value && HOST.test(url.hostname);
}

/** Whether a key opens anything at this moment. */
export function keyStatus(
  key: { readonly revokedAt: Date | null; readonly expiresAt: Date | null },
  now: Date,
): "active" | "expired" | "revoked" {
  if (key.revokedAt) return "revoked";
  return key.expiresAt && key.expiresAt <= now ? "expired" : "active";
}
